"""`lightning_sepcl.load`: anything trained or exported, and any augmentation, by its name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from lightning_sepcl.conditioning.patch_classifier import PatchClassifier
from lightning_sepcl.deploy.augmenter import Augmenter, augmentation_named, augmentations_in
from lightning_sepcl.deploy.checkpoint import model_of_checkpoint
from lightning_sepcl.deploy.hub import is_model_id, pull
from lightning_sepcl.deploy.product import CONFIG, read_file, read_product
from lightning_sepcl.deploy.wave_model import WaveModel
from lightning_sepcl.errors import UserError

AUGMENTATION = "augmentation:"
YAML = (".yaml", ".yml")
IN_A_RUN = ("processors/last.safetensors", "checkpoints/best.ckpt", "checkpoints/last.ckpt")
"""What of a run's folder is meant, the first that is there: a separator's end, else the best checkpoint."""
WHAT_THERE_IS = (
    "name a folder of `sepcl export` or of `sepcl fit`, a .ckpt, .safetensors or .yaml file, user/name on the "
    "Hugging Face hub, or augmentation:NAME"
)


def load(
    source: str | os.PathLike[str],
    *,
    device: str | torch.device = "cpu",
    revision: str | None = None,
    sample_rate: int | None = None,
    seed: int = 0,
    **arguments: Any,
) -> WaveModel | PatchClassifier | Augmenter:
    """A model ready to be used, or augmentations ready to be applied. See `lightning_sepcl.load`."""
    name = os.fspath(source)
    if name.startswith(AUGMENTATION):
        augmentation = augmentation_named(name.removeprefix(AUGMENTATION), arguments)
        return Augmenter(augmentation, _rate(sample_rate, name), seed)
    if arguments:
        raise TypeError(f"load() takes no {next(iter(arguments))!r} for {name}: it goes with augmentation:NAME")
    path = Path(name).expanduser()
    if path.suffix in YAML and path.is_file():
        return Augmenter(augmentations_in(path), _rate(sample_rate, name), seed)
    _refuse(name, {"sample_rate": sample_rate}, "a model knows its own; tell it that of the waves, model(wave, rate)")
    if path.exists():
        _refuse(name, {"revision": revision}, "revisions belong to models of the hub, this is a file or folder")
        return _model_at(path).to(device)
    if is_model_id(name):
        return read_product(pull(name, revision)).to(device)
    raise UserError(f"nothing called {name}: {WHAT_THERE_IS}")


def _model_at(path: Path) -> WaveModel | PatchClassifier:
    if path.is_dir():
        if (path / CONFIG).is_file():
            return read_product(path)
        found = next((path / inside for inside in IN_A_RUN if (path / inside).is_file()), None)
        if found is None:
            raise UserError(f"{path} is the folder of neither an export nor a run: {WHAT_THERE_IS}")
        path = found
    if path.suffix == ".safetensors":
        return read_file(path)
    if path.suffix == ".ckpt":
        return model_of_checkpoint(path)
    raise UserError(f"{path} is no model: {WHAT_THERE_IS}")


def _rate(sample_rate: int | None, name: str) -> int:
    if sample_rate is None:
        raise UserError(f"load({name!r}) needs the waves' sample rate: load({name!r}, sample_rate=16000)")
    return sample_rate


def _refuse(name: str, given: Mapping[str, Any], why: str) -> None:
    for option, value in given.items():
        if value is not None:
            raise UserError(f"load({name!r}) takes no {option}: {why}")
