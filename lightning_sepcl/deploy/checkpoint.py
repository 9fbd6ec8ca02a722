"""A model from a checkpoint of `sepcl fit`, of which only tensors and plain values are read; no trainer is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from torch import Tensor

from lightning_sepcl.checkpoint_file import content_of
from lightning_sepcl.conditioning.description import named
from lightning_sepcl.deploy.audio_classifier import AudioClassifier
from lightning_sepcl.deploy.audio_encoder import EMBEDDING, AudioEncoder
from lightning_sepcl.deploy.encoder_description import EncoderDescription
from lightning_sepcl.deploy.plugins import plugin
from lightning_sepcl.errors import UserError
from lightning_sepcl.features import fingerprint
from lightning_sepcl.features.base import Feature
from lightning_sepcl.separation.saved import BUILD_ERRORS, in_a_line
from lightning_sepcl.views.base import ViewMaker

EXPERIMENT = "experiment"
"""Key of a checkpoint: the resolved experiment as YAML."""
TOLD_BY_DATA = "told_by_data"
"""Key of a checkpoint: the method's arguments that follow the data module."""
POOLED = {"class_path": "PooledEmbedding"}
PREFIXES = {"front.features.": "feature.", "front.standardise.": "standardise.", "encoder.": "encoder."}
"""How the names of a method's weights begin, and those of an `AudioEncoder`."""
CLASSIFIERS = "Supervised"


def model_of_checkpoint(
    file: Path, part: str | None = None, readout: str | None = None
) -> AudioEncoder | AudioClassifier:
    """The encoder or the classifier that a checkpoint holds, on the CPU.

    Args:
        file: a checkpoint.
        part: `encoder` or `classifier`; None: the classifier of a method that trains one, else the encoder.
        readout: which of the method's readouts is the embedding; None: `embedding`, or the first.

    Raises:
        UserError: damaged, not of this suite, without that part, or with parts of somebody else's.
    """
    content = _content(file)
    experiment, told = yaml.safe_load(content[EXPERIMENT])["model"], content[TOLD_BY_DATA]
    method = experiment["class_path"].rpartition(".")[2]
    if part == "classifier" and method != CLASSIFIERS:
        raise UserError(f"{file} was trained by {method}, which has no classifier: export the encoder")
    try:
        description = _description(experiment["init_args"], told, readout, file)
        state = _renamed(content["state_dict"])
        if method == CLASSIFIERS and part != "encoder":
            return _classifier(experiment["init_args"], told, description, state, content)
        return _encoder(description, state, content)
    except UserError as error:
        raise error if str(error).startswith(str(file)) else UserError(f"{file}: {error}") from error
    except BUILD_ERRORS as error:
        raise UserError(f"{file} cannot be used apart from its experiment: {in_a_line(error)}") from error


def _content(file: Path) -> dict[str, Any]:
    """What a checkpoint holds.

    Raises:
        UserError: it was cut short or changed, holds more than tensors and plain values, or no experiment with an
            encoder.
    """
    content = content_of(file)
    if content is None:
        raise UserError(f"{file} is damaged, or holds more than tensors and plain values and is not trusted")
    if EXPERIMENT not in content or TOLD_BY_DATA not in content:
        raise UserError(f"{file} does not hold its experiment: it was not written by this version of `sepcl fit`")
    arguments = yaml.safe_load(content[EXPERIMENT])["model"].get("init_args", {})
    if "separator" in arguments:
        raise UserError(f"{file} trained a separator: name its run's folder, or a file of the folder's processors/")
    if "encoder" not in arguments or "front" not in arguments:
        raise UserError(f"{file} trained neither an encoder nor a separator")
    return content


def _description(
    parts: Mapping[str, Any], told: Mapping[str, Any], readout: str | None, file: Path
) -> EncoderDescription:
    front = parts["front"].get("init_args", parts["front"])
    features, encoder, readouts = front["features"], parts["encoder"], parts.get("readouts") or {EMBEDDING: POOLED}
    name = readout or (EMBEDDING if EMBEDDING in readouts else next(iter(readouts)))
    if name not in readouts:
        raise UserError(f"{file} has no readout {name!r}; it has: {', '.join(readouts)}")
    feature, rate = plugin(features, "lightning_sepcl.features", Feature), int(told["sample_rate"])
    feature.prepare(rate)
    views = plugin(front["views"], "lightning_sepcl.views", ViewMaker)
    views.prepare(feature, rate)
    window = parts.get("window_frames")
    window = None if window is None else max(views.crop_samples, feature.num_samples(window))
    return EncoderDescription(
        feature=_part(features),
        encoder=_part(encoder),
        readout=_part(readouts[name]),
        sample_rate=rate,
        standardised=bool(front.get("standardise", True)),
        least_samples=max(1, views.crop_samples),
        window_samples=window,
        channels_last=bool(parts.get("channels_last", False)),
    )


def _part(section: Mapping[str, Any]) -> dict[str, Any]:
    return named(section["class_path"], section.get("init_args") or {})


def _encoder(description: EncoderDescription, state: dict[str, Tensor], content: dict[str, Any]) -> AudioEncoder:
    encoder = AudioEncoder(description)
    encoder.load_state_dict(state)
    front = encoder.feature
    fingerprint.refuse_another(content, front, encoder.sample_rate, description.standardised, "front.features.")
    model: AudioEncoder = encoder.ready("cpu")
    return model


def _classifier(
    parts: Mapping[str, Any],
    told: Mapping[str, Any],
    description: EncoderDescription,
    state: dict[str, Tensor],
    content: dict[str, Any],
) -> AudioClassifier:
    if description.window_samples is not None:
        raise UserError("a classifier whose clips are embedded in windows is not defined: export the encoder")
    encoder, classes = _encoder(description, state, content), tuple(told["class_names"])
    heads = {name.removeprefix("head."): v for name, v in content["state_dict"].items() if name.startswith("head.")}
    whole = replace(
        description,
        head=_head(int(parts.get("head_layers", 1)), heads, len(classes)),
        classes=classes,
        multi_label=bool(told["multi_label"]),
    )
    classifier = AudioClassifier(whole)
    classifier.encoder.load_state_dict(encoder.state_dict())
    classifier.head.load_state_dict(heads)
    model: AudioClassifier = classifier.ready("cpu")
    return model


def _head(layers: int, weights: Mapping[str, Tensor], classes: int) -> dict[str, Any]:
    """Which head it is; its widths are those of its weights."""
    if layers == 1:
        return named("LinearClassifier", {"dim": weights["weight"].shape[1], "classes": classes})
    hidden, dim = weights["hidden.weight"].shape
    return named("ProjectionHead", {"dim": dim, "hidden": hidden, "out": classes, "layers": layers})


def _renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The front end's and the encoder's weights, by the names that an `AudioEncoder` gives them."""
    return {
        new + name.removeprefix(old): value
        for name, value in state.items()
        for old, new in PREFIXES.items()
        if name.startswith(old)
    }
