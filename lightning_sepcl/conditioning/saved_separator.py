"""Any trained separator as one file, conditioned ones with their classifiers in it: nothing else is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from lightning_sepcl.conditioning.conditioned import ConditionedSeparator, settings_of
from lightning_sepcl.conditioning.conditioned_itdcnpp import ConditionedITDCNpp
from lightning_sepcl.conditioning.conditioned_tdcnpp import ConditionedTDCNpp
from lightning_sepcl.conditioning.description import described
from lightning_sepcl.conditioning.patch_classifier import PatchClassifier
from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.saved import (
    BUILD_ERRORS,
    CONDITIONED,
    arguments_from,
    arguments_of,
    built,
    in_a_line,
    load_separator,
    read_described,
    save_separator,
    write_described,
)
from lightning_sepcl.separation.saved import KEY as PLAIN

KEY = CONDITIONED
KINDS = {kind.__name__: kind for kind in (ConditionedTDCNpp, ConditionedITDCNpp)}
IMPLIED = ("conditioning", "inputs", "iterations")
"""Arguments that follow from the classifier."""


def save_any(path: str | Path, separator: Separator) -> None:
    """Write a separator, conditioned or not, as a safetensors file.

    Raises:
        UserError: the path does not end in `.safetensors`.
        ValueError: a kind of separator that cannot be saved, or a classifier that is none of the suite's.
    """
    if isinstance(separator, ConditionedSeparator):
        write_described(Path(path), separator, *description_of(separator))
    else:
        save_separator(path, separator)


def description_of(separator: Separator) -> tuple[str, dict[str, Any]]:
    """The kind of a separator, and all but its weights as plain values: what `separator_of` builds it from.

    Raises:
        ValueError: a kind of separator that cannot be saved, or a classifier that is none of the suite's.
    """
    if isinstance(separator, ConditionedSeparator):
        return KEY, _description(separator)
    return PLAIN, {"class": type(separator).__name__, "arguments": arguments_of(separator)}


def separator_of(kind: str, plain: dict[str, Any]) -> Separator:
    """A separator, weights as initialised, from what `description_of` told; one of `BUILD_ERRORS` for anything else."""
    return _built(plain) if kind == KEY else built(plain)


def load_any(path: str | Path, device: torch.device | str = "cpu") -> Separator:
    """The separator that `save_any` wrote, ready to separate.

    Raises:
        UserError: no such file, or not one of these.
    """
    found, state = read_described(Path(path), "separator", "sepcl fit")
    if KEY not in found:
        return load_separator(path, device)
    try:
        separator = _built(found[KEY])
        separator.load_state_dict(state)
    except BUILD_ERRORS as error:
        raise UserError(f"{path} holds no separator of this version of the suite ({in_a_line(error)})") from error
    return separator.to(device).eval().requires_grad_(False)


def _description(separator: ConditionedSeparator) -> dict[str, Any]:
    name, classifier = type(separator).__name__, separator.classifier
    if not isinstance(separator, ConditionedTDCNpp | ConditionedITDCNpp) or not isinstance(classifier, PatchClassifier):
        raise ValueError(f"{name} with a {type(classifier).__name__} cannot be saved this way")
    arguments = {key: value for key, value in arguments_of(separator).items() if key not in IMPLIED}
    own: dict[str, Any] = {"embedding": separator.embedding}
    if isinstance(separator, ConditionedITDCNpp):
        own["classifier_gradient"] = separator.classifier_gradient
    return {
        "class": name,
        "classifier": classifier.description.as_plain(),
        "hop_frames": classifier.hop_frames,
        "arguments": arguments,
        "own": own | settings_of(separator.join),
    }


def _built(plain: dict[str, Any]) -> ConditionedSeparator:
    with torch.random.fork_rng(devices=[]):
        classifier = PatchClassifier(described(plain["classifier"]), plain["hop_frames"])
        return KINDS[plain["class"]](classifier, **plain["own"], **arguments_from(plain["arguments"]))
