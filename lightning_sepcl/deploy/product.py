"""A model as a folder of two files: `model.safetensors`, its weights, and `config.json`, which says what to build."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from lightning_sepcl import __version__
from lightning_sepcl.conditioning.description import described
from lightning_sepcl.conditioning.patch_classifier import PatchClassifier
from lightning_sepcl.conditioning.saved_classifier import KEY as PATCHES
from lightning_sepcl.conditioning.saved_separator import KEY as CONDITIONED
from lightning_sepcl.conditioning.saved_separator import description_of, separator_of
from lightning_sepcl.deploy.audio_classifier import AudioClassifier
from lightning_sepcl.deploy.audio_encoder import AudioEncoder
from lightning_sepcl.deploy.audio_separator import AudioSeparator
from lightning_sepcl.deploy.encoder_description import encoder_description
from lightning_sepcl.deploy.wave_model import WaveModel
from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.saved import BUILD_ERRORS, in_a_line, read_described, write_described
from lightning_sepcl.separation.saved import KEY as SEPARATOR
from lightning_sepcl.whole_file import whole_text

CONFIG, WEIGHTS = "config.json", "model.safetensors"
FORMAT = 1
ENCODER, CLIPS = "encoder", "clip classifier"
MADE_BY = "sepcl export --to safetensors"
BUILDERS: Mapping[str, Callable[[dict[str, Any]], nn.Module]] = {
    ENCODER: lambda plain: AudioEncoder(encoder_description(plain)),
    CLIPS: lambda plain: AudioClassifier(encoder_description(plain)),
    SEPARATOR: lambda plain: separator_of(SEPARATOR, plain),
    CONDITIONED: lambda plain: separator_of(CONDITIONED, plain),
    PATCHES: lambda plain: PatchClassifier(described(plain)),
}
"""What a file may name; everything else is refused."""


def write_product(folder: Path, model: WaveModel) -> None:
    """Both files.

    Raises:
        ValueError: a separator of a kind that cannot be saved.
    """
    network, key, plain = _described(model)
    write_described(folder / WEIGHTS, network, key, plain)
    config = {
        "format": FORMAT,
        "made_by": f"lightning_sepcl {__version__}",
        "kind": key,
        "sample_rate": model.sample_rate,
        "description": plain,
    }
    whole_text(folder / CONFIG, f"{json.dumps(config, indent=1)}\n")


def read_product(folder: Path) -> WaveModel | PatchClassifier:
    """The model in a folder.

    Raises:
        UserError: a file is missing, damaged, or of another version of the suite.
    """
    file = folder / CONFIG
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        number, key, plain = config["format"], config["kind"], config["description"]
    except FileNotFoundError:
        raise UserError(f"{folder} holds no {CONFIG}: name a folder that `{MADE_BY}` wrote") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file} is no description of a model ({in_a_line(error)}): export it again") from error
    if number != FORMAT:
        raise UserError(f"{file} has format {number}, this version reads {FORMAT}: update lightning_sepcl")
    return _built(key, plain, folder / WEIGHTS)


def read_file(file: Path) -> WaveModel | PatchClassifier:
    """The model in a single .safetensors file that describes itself: of an export, or of a run's `processors/`.

    Raises:
        UserError: no such file, damaged, or without a description that the suite knows.
    """
    found, _ = read_described(file, "model", MADE_BY)
    key = next((key for key in BUILDERS if key in found), None)
    if key is None:
        raise UserError(f"{file} holds tensors but no description of a model: name a file that `{MADE_BY}` wrote")
    return _built(key, found[key], file)


def _described(model: WaveModel) -> tuple[nn.Module, str, dict[str, Any]]:
    if isinstance(model, AudioSeparator):
        return model.separator, *description_of(model.separator)
    if isinstance(model, AudioClassifier):
        return model, CLIPS, model.description.as_plain()
    assert isinstance(model, AudioEncoder)
    return model, ENCODER, model.description.as_plain()


def _built(key: str, plain: dict[str, Any], file: Path) -> WaveModel | PatchClassifier:
    if key not in BUILDERS:
        raise UserError(f"{file.parent / CONFIG} names a kind of model, {key!r}, that this version does not know")
    _, state = read_described(file, "model", MADE_BY)
    try:
        network = BUILDERS[key](plain)
        network.load_state_dict(state)
    except BUILD_ERRORS as error:
        raise UserError(f"{file} holds no {key} of this version of the suite ({in_a_line(error)})") from error
    network.eval().requires_grad_(False)
    if isinstance(network, Separator):
        return AudioSeparator(network).eval()
    assert isinstance(network, WaveModel | PatchClassifier)
    return network
