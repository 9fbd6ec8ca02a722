"""A separator as one file: its weights, and all that is needed to build the network again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.basis import Basis
from lightning_sepcl.separation.conditioning import Conditioning
from lightning_sepcl.separation.itdcnpp import ITDCNpp
from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp
from lightning_sepcl.whole_file import whole_file

KEY = "separator"
"""Under it the file's metadata holds the network's class and arguments, as JSON."""
CONDITIONED = "conditioned separator"
"""The key in its place in files that have a classifier in them, which `conditioning.saved_separator` reads."""
SEPARATORS: dict[str, type[Separator]] = {kind.__name__: kind for kind in (TDCNpp, ITDCNpp)}
BASES: dict[str, type[Basis]] = {kind.__name__: kind for kind in (LearnedBasis, STFTBasis)}
"""Whatever else a file names is refused: nothing from a file is run."""
BUILD_ERRORS = (KeyError, TypeError, ValueError, RuntimeError)
"""What a description of something else, or weights that do not fit it, raise."""


def save_separator(path: str | Path, separator: Separator) -> None:
    """Write a separator as a safetensors file whose metadata says how to build it.

    Args:
        path: should end in `.safetensors`.
        separator: on any device, a `TDCNpp` or an `ITDCNpp`.

    Raises:
        UserError: another ending.
        ValueError: another kind of separator.
    """
    name = type(separator).__name__
    if name not in SEPARATORS:
        raise ValueError(f"{name} cannot be saved this way, only {', '.join(SEPARATORS)}")
    described = {"class": name, "arguments": arguments_of(separator)}
    write_described(Path(path), separator, KEY, described)


def write_described(path: Path, module: nn.Module, key: str, described: dict[str, Any]) -> None:
    """A network's weights as a safetensors file whose metadata says, under `key`, how to build it.

    Raises:
        UserError: the path does not end in `.safetensors`.
    """
    if path.suffix != ".safetensors":
        raise UserError(f"{path} should end in .safetensors, which is the format that is written")
    state = {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
    with whole_file(path) as file:
        file.write(save(state, {key: json.dumps(described)}))


def read_described(path: Path, what: str, made_by: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What `write_described` wrote: all descriptions by key, and the weights on the CPU.

    Args:
        path: of the file.
        what: it should hold, for the messages, such as `separator`.
        made_by: the command that writes such files.

    Raises:
        UserError: no such file, or no safetensors file.
    """
    if not path.is_file():
        raise UserError(f"no {what} {path}: name a file that `{made_by}` wrote")
    try:
        with safe_open(path, "pt", "cpu") as file:
            texts = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    except SafetensorError as error:
        raise UserError(f"{path} is no safetensors file, or it is damaged ({in_a_line(error)})") from error
    return {key: _parsed(text) for key, text in texts.items()}, state


def load_separator(path: str | Path, device: torch.device | str = "cpu") -> Separator:
    """The separator that `save_separator` wrote, ready to separate.

    Raises:
        UserError: no such file, or not one of these.
    """
    path = Path(path)
    described, state = read_described(path, "separator", "sepcl convert-separator")
    if CONDITIONED in described:
        raise UserError(
            f"{path} is a conditioned separator with a classifier in it: read it by "
            "lightning_sepcl.conditioning.load_any; for views, write its channels before with `sepcl separate-dataset`"
        )
    if KEY not in described:
        raise UserError(f"{path} holds tensors but no description of a separator: see `sepcl convert-separator`")
    try:
        separator = built(described[KEY])
        separator.load_state_dict(state)
    except BUILD_ERRORS as error:
        raise UserError(f"{path} holds no separator of this version of the suite ({in_a_line(error)})") from error
    return separator.to(device).eval()


def arguments_of(separator: Separator) -> dict[str, Any]:
    """The constructor's arguments that give this network, as JSON knows them.

    What only matters before training (`block_scale`'s value) is told as its default, and how it is computed
    (`recompute`, `fast`) not at all.

    Raises:
        ValueError: a separator of another class.
    """
    if isinstance(separator, ITDCNpp):
        one = separator.iterations[0]
        assert isinstance(one, TDCNpp)
        arguments = arguments_of(one)
        del arguments["inputs"]
        stages = [stage.conditioning for stage in separator.iterations if isinstance(stage, TDCNpp)]
        if "conditioning" in arguments:
            arguments["conditioning"] = [asdict(stage) for stage in stages if stage is not None]
        return {**arguments, "iterations": len(separator.iterations), "stop_gradient": separator.stop_gradient}
    if not isinstance(separator, TDCNpp):
        raise ValueError(f"{type(separator).__name__} cannot be saved this way, only {', '.join(SEPARATORS)}")
    core, block = separator.core, separator.core.blocks[0]
    return {
        "sources": separator.sources,
        "basis": _basis_arguments(separator.basis),
        "bottleneck": core.initial.weight.shape[0],
        "hidden": block.get_parameter("up.weight").shape[0],
        "repeats": core.repeats,
        "blocks": len(core.blocks) // core.repeats,
        "skip_residual": len(core.skips) > 0,
        "consistency": separator.consistency.kind,
        "norm": core.norm,
        "block_scale": 0.9 if any(name == "down.scale" for name, _ in block.named_parameters()) else None,
        "feature_norm": separator.feature_norm.kind,
        "inputs": separator.inputs,
        "sample_rate": separator.sample_rate,
        **({} if separator.conditioning is None else {"conditioning": asdict(separator.conditioning)}),
    }


def _basis_arguments(basis: Basis) -> dict[str, Any]:
    if type(basis).__name__ not in BASES:
        raise ValueError(f"{type(basis).__name__} cannot be saved this way, only {', '.join(BASES)}")
    own = {"coefficients": basis.bins} if isinstance(basis, LearnedBasis) else {}
    names = ("window_samples", "hop_samples", "zero_beginning")
    return {"class": type(basis).__name__, "arguments": {**own, **{name: getattr(basis, name) for name in names}}}


def built(described: dict[str, Any]) -> Separator:
    """A separator from {class, arguments}, weights as initialised; one of `BUILD_ERRORS` for anything else."""
    with torch.random.fork_rng(devices=[]):  # weights are drawn and replaced; nobody else's draws should move
        return SEPARATORS[described["class"]](**arguments_from(described["arguments"]))


def arguments_from(plain: dict[str, Any]) -> dict[str, Any]:
    """The way back from `arguments_of`: basis and conditioning as objects."""
    basis, joined = plain["basis"], plain.get("conditioning")
    arguments = {**plain, "basis": BASES[basis["class"]](**basis["arguments"])}
    if joined is not None:
        several = isinstance(joined, list)
        arguments["conditioning"] = [Conditioning(**one) for one in joined] if several else Conditioning(**joined)
    return arguments


def in_a_line(error: Exception) -> str:
    """A message of a library, short enough to stand inside one of ours."""
    return " ".join(str(error).split())[:200]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # other programs keep plain words there
        return text
