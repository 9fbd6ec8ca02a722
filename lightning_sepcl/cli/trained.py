"""A trained method from its checkpoint alone: no data set, no trainer, no config file needed."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import torch
import yaml
from jsonargparse import ArgumentParser

from lightning_sepcl.cli.carried_experiment import EXPERIMENT, TOLD_BY_DATA
from lightning_sepcl.cli.families import default_families, import_rooms
from lightning_sepcl.cli.plugin_file import import_plugin_file
from lightning_sepcl.cli.run_folder import RunFolder, trusted_content
from lightning_sepcl.errors import UserError
from lightning_sepcl.methods.base import Method


def load_trained(path: Path, device: str | torch.device = "cpu") -> Method:
    """The method a checkpoint holds, in evaluation mode, without gradients.

    Args:
        path: a checkpoint, or the folder of a run, of which the best checkpoint is taken.
        device: where to.

    Raises:
        UserError: no such file, damaged, not of this suite, or its classes have changed since.
    """
    file = checkpoint_file(path)
    content = trusted_content(file)
    if EXPERIMENT not in content or TOLD_BY_DATA not in content:
        raise UserError(f"{file} does not hold its experiment: it was not written by `sepcl fit`")
    experiment = yaml.safe_load(content[EXPERIMENT])
    method = _built(experiment, content[TOLD_BY_DATA], file)
    try:
        method.on_load_checkpoint(content)
        method.load_state_dict(content["state_dict"])
    except UserError as error:
        raise UserError(f"{file}: {error}") from error
    except RuntimeError as error:
        raise UserError(f"{file} does not fit the classes it names, have they changed since? {error}") from error
    return method.eval().requires_grad_(False).to(device)


def checkpoint_file(path: Path) -> Path:
    """The checkpoint a user means by a file or by the folder of a run.

    Raises:
        UserError: there is none.
    """
    if path.is_dir():
        file = RunFolder(path).to_judge()
        if file is None:
            raise UserError(f"{path} holds no checkpoint: name a checkpoint, or the folder that `sepcl fit` wrote to")
        return file
    if not path.is_file():
        raise UserError(f"no checkpoint {path}: name a .ckpt file, or the folder that `sepcl fit` wrote to")
    return path


def _built(experiment: dict[str, Any], told: dict[str, Any], file: Path) -> Method:
    import_rooms(default_families())
    for plugin in map(Path, experiment.get("plugins") or []):
        _import_plugin(plugin, file)
    section = experiment["model"]
    section["init_args"] = {**section.get("init_args", {}), **told}
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(Method, "model", required=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # renamed in jsonargparse 5, which our bounds exclude
            method = parser.instantiate_classes(parser.parse_object({"model": section})).model
    except Exception as error:  # the parser wraps whatever a constructor raised
        raise UserError(f"{file}: its method {section['class_path']} cannot be built here: {error}") from error
    assert isinstance(method, Method)
    return method


def _import_plugin(plugin: Path, file: Path) -> None:
    if not plugin.is_file() and plugin.stem not in sys.modules:
        raise UserError(
            f"{file} was trained with classes from {plugin}, which is not there: put it back, "
            f"or write `import {plugin.stem}` first, from where it lies now"
        )
    import_plugin_file(plugin)
