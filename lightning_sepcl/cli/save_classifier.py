"""`sepcl save-classifier RUN --out FILE`: what a run trained, as a file that conditioned separators can be given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from lightning_sepcl.checkpoint_file import content_of
from lightning_sepcl.cli.carried_experiment import EXPERIMENT
from lightning_sepcl.cli.trained import checkpoint_file, load_trained
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.conditioning.description import Description, named
from lightning_sepcl.conditioning.patch_classifier import PatchClassifier
from lightning_sepcl.conditioning.saved_classifier import classifier_of, save_classifier
from lightning_sepcl.errors import UserError
from lightning_sepcl.methods.base import Method
from lightning_sepcl.methods.supervised import Supervised


def run(args: list[str]) -> int:
    """Write the file and say what is in it."""
    parser = VerbParser(
        "sepcl save-classifier",
        "Write the encoder of a run, with its classifier if it has one, as a file for conditioned separators: "
        "classes of a supervised run, embeddings of a self-supervised one.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a run, or a checkpoint")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write, *.safetensors")
    given = parser.parse_args(args)
    classifier = classifier_from(given.run)
    save_classifier(given.out, classifier)
    parameters = sum(parameter.numel() for parameter in classifier.parameters())
    told = f"{len(classifier.classes)} classes" if classifier.classes else f"embeddings of {classifier.width} values"
    kind = type(classifier.encoder).__name__
    print(f"{given.out}: {kind}, {parameters:,} parameters, {told}, {classifier.sample_rate} Hz")
    return 0


def classifier_from(run: Path) -> PatchClassifier:
    """The classifier, or the encoder as one, of a run or a checkpoint.

    Raises:
        UserError: no checkpoint, or parts that are not of this suite.
    """
    file = checkpoint_file(run)
    method = load_trained(file)
    content = content_of(file)
    assert content is not None  # `load_trained` has read it
    parts = yaml.safe_load(content[EXPERIMENT])["model"]["init_args"]
    head = method.head if isinstance(method, Supervised) else None
    try:
        description = _description(parts, method, head is not None)
        return classifier_of(description, method.encoder, head, method.front.standardise)
    except (ValueError, RuntimeError) as error:
        raise UserError(f"{file} cannot become a classifier: {error}") from error


def _description(parts: dict[str, Any], method: Method, with_classes: bool) -> Description:
    feature, encoder = parts["front"]["init_args"]["features"], parts["encoder"]
    front = method.front
    frames = front.features.num_frames(front.views.crop_samples)
    return Description(
        named(feature["class_path"], feature.get("init_args") or {}),
        named(encoder["class_path"], encoder.get("init_args") or {}),
        method.class_names if with_classes else (),
        method.sample_rate,
        front.standardise is not None,
        frames,
    )
