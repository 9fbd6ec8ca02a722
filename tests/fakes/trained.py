"""A checkpoint as `sepcl fit` writes it, of a method that was never trained: in a moment instead of seconds."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
import yaml
from jsonargparse import ArgumentParser

from lightning_sepcl.cli.carried_experiment import EXPERIMENT, TOLD_BY_DATA
from lightning_sepcl.cli.families import default_families, import_rooms
from lightning_sepcl.methods.base import Method

SMALL = {"class_path": "SmallCNN", "init_args": {"widths": [4, 8], "dim": 8}}


def experiment(encoder: dict[str, Any] | None = None, features: dict[str, Any] | None = None) -> dict[str, Any]:
    """A small experiment's `model` section, by class names."""
    front = {"views": {"class_path": "TemporalProximity"}, "features": {"class_path": "LogMel", **(features or {})}}
    readouts = {"embedding": {"class_path": "PooledEmbedding"}, "blocks": _blocks(2)}
    return {"class_path": "SimCLR", "init_args": {"front": front, "encoder": encoder or SMALL, "readouts": readouts}}


def write_trained(path: Path, model: dict[str, Any] | None = None, sample_rate: int = 16000, **section: Any) -> Path:
    """The checkpoint of a method with random weights and statistics.

    Args:
        path: file to write.
        model: as `experiment` makes it.
        sample_rate: Hz; the data's.
        section: further sections of the experiment, such as `plugins`.
    """
    told = {"sample_rate": sample_rate, "class_names": ["rain", "dog"], "multi_label": False}
    model = model or experiment()
    method = _built({**model, "init_args": {**model["init_args"], **told}})
    torch.manual_seed(1)
    if method.front.standardise is not None:
        method.front.standardise.fit([torch.randn(2, 1, 8, 50) * 1.5 - 3.0])
    content = {EXPERIMENT: yaml.safe_dump({"model": model, **section}), TOLD_BY_DATA: told}
    checkpoint: dict[str, Any] = {**content, "state_dict": method.state_dict(), "callbacks": {}}
    method.on_save_checkpoint(checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(checkpoint, path)
    return path


def _blocks(last: int) -> dict[str, Any]:
    return {"class_path": "BlockStatistics", "init_args": {"last": last}}


def _built(section: dict[str, Any]) -> Method:
    import_rooms(default_families())
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(Method, "model", required=True)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # jsonargparse 5 will rename it
        method = parser.instantiate_classes(parser.parse_object({"model": section})).model
    assert isinstance(method, Method)
    return method
