"""`sepcl embed FOLDER --checkpoint RUN --out embeddings.npz`: embeddings of everything that can be read below it."""

from __future__ import annotations

import hashlib
from argparse import Namespace
from pathlib import Path
from typing import Any

import torch
import yaml

from lightning_sepcl import __version__
from lightning_sepcl.checkpoint_file import content_of
from lightning_sepcl.cli.carried_experiment import EXPERIMENT
from lightning_sepcl.cli.closest import listed, suggestion
from lightning_sepcl.cli.trained import checkpoint_file, load_trained
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.collection import Outcome, embed_collection
from lightning_sepcl.explore.embeddings import Origin
from lightning_sepcl.explore.embeddings_file import check_suffix
from lightning_sepcl.methods.base import Method

WINDOW_SECONDS = 5.0
"""Default length of a window: that of the clips which a folder is cut into for training."""


def run(args: list[str]) -> int:
    """Embed recordings and write the file; prints what became of them."""
    given = _parser().parse_args(args)
    if given.threads is not None:
        torch.set_num_threads(given.threads)
    check_suffix(given.out)
    for place in given.recordings:
        if not place.exists():
            raise UserError(f"no file or folder {place}: name the folder that holds your recordings")
    file = checkpoint_file(given.checkpoint)
    method = load_trained(file, device_named(given.device))
    outcome = embed_collection(
        method, given.recordings, given.out, _origin(given, file, method),
        frames=given.frames, batch_size=given.batch_size,
    )  # fmt: skip
    print(_told(given.out, outcome))
    return 0


def device_named(name: str) -> torch.device:
    """`auto` is the first GPU where there is one.

    Raises:
        UserError: a GPU is asked for, and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: PyTorch sees no GPU here; use --device cpu or auto")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def file_hash(file: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def at_least_one(text: str) -> int:
    """For argparse: a whole number from 1 on."""
    if int(text) < 1:
        raise ValueError
    return int(text)


at_least_one.__name__ = "whole number from 1 on"  # what argparse calls the type in its message


def _parser() -> VerbParser:
    parser = VerbParser(
        "sepcl embed",
        "Embed every recording below a folder: any format libsndfile reads, any rate, any length. A job that was "
        "stopped goes on when the same command is given again.",
    )
    add = parser.add_argument
    add("recordings", type=Path, nargs="+", metavar="FOLDER", help="folders (searched with all below), or single files")
    add("--checkpoint", type=Path, required=True, help="a checkpoint, or the folder of a run: its best checkpoint")
    add("--out", type=Path, required=True, help="file to write, .npz or .parquet")
    add("--window", type=float, default=WINDOW_SECONDS, metavar="SECONDS",
        help="one embedding for so many seconds, shorter files are repeated (default: %(default)g)")  # fmt: skip
    add("--hop", type=float, metavar="SECONDS", help="from one window's start to the next one's (default: the window)")
    add("--frames", action="store_true", help="keep frame embeddings too, one or two a second")
    add("--readout", metavar="NAME", help="what of the encoder to keep (default: embedding)")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to compute (default: auto)")
    add("--threads", type=at_least_one, metavar="N", help="threads PyTorch may use")
    add("--batch-size", type=at_least_one, default=32, metavar="N",
        help="windows embedded together; changes the speed alone (default: %(default)d)")  # fmt: skip
    return parser


def _origin(given: Namespace, file: Path, method: Method) -> Origin:
    hop = given.window if given.hop is None else given.hop
    if not (given.window > 0 and hop > 0 and round(hop * method.sample_rate) > 0):
        raise UserError(f"--window and --hop must be above 0 s, found {given.window:g} and {hop:g}")
    least = method.front.views.crop_samples / method.sample_rate
    if given.window < least:
        raise UserError(f"--window {given.window:g} is less than the {least:g} s this encoder was trained on")
    return Origin(
        root="",
        checkpoint=str(file.resolve()),
        checkpoint_hash=file_hash(file),
        method=type(method).__name__,
        readout=_readout(given.readout, method),
        sample_rate=method.sample_rate,
        microphones=_microphones(file, method),
        window_seconds=given.window,
        hop_seconds=hop,
        version=__version__,
    )


def _readout(name: str | None, method: Method) -> str:
    names = list(method.readouts)
    if name is None:
        return "embedding" if "embedding" in names else names[0]
    if name not in names:
        raise UserError(f"--readout: no {name!r} in this checkpoint{suggestion(name, names)}; it has {listed(names)}")
    return name


def _microphones(file: Path, method: Method) -> int:
    """How many channels are kept apart: 1 unless the method was trained on several."""
    experiment: dict[str, Any] = yaml.safe_load((content_of(file) or {})[EXPERIMENT])
    mono = (experiment.get("data") or {}).get("init_args", {}).get("mono", True)
    return 1 if mono else method.front.features.channels


def _told(out: Path, outcome: Outcome) -> str:
    embeddings, skipped = outcome.embeddings, outcome.skipped
    hours = embeddings.seconds.sum() / 3600
    lasting = f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.1f} min"
    told = f"{out}: {len(embeddings.h)} windows of {len(embeddings.paths)} files, {lasting}"
    if embeddings.frames is not None:
        told += f", {len(embeddings.frames.h)} frames"
    if skipped:
        first = f"{skipped[0][0]}: {skipped[0][1]}"
        told += f"\nskipped {len(skipped)} unreadable file(s), listed in {out}.skipped.csv; {first}"
    return told
