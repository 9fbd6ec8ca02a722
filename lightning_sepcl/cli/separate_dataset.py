"""`sepcl separate-dataset`: every clip of a data set taken apart once, for trainings that view the channels."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lightning_sepcl.cli.embed import device_named, file_hash
from lightning_sepcl.cli.separate import separator_file, usable_separator
from lightning_sepcl.cli.training import build_experiment
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.separated import Separate, write_separated
from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.base import Separator


def run(args: list[str]) -> int:
    """Write the channels of all clips of an experiment's data; what a killed call finished is kept."""
    parser = VerbParser(
        "sepcl separate-dataset",
        "Separate every clip of an experiment's data once. Takes the options of sepcl fit for --config and --data; "
        "train with --data.separated [FOLDER] and --model.front.separate SeparatedBefore.",
    )
    parser.add_argument("--separator", type=Path, required=True, metavar="FILE",
                        help="a .safetensors separator, or the folder of a run: its last one")  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the channels go")
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="only part I of N, for several machines")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="cpu",
                        help="where the separator runs (default: cpu)")  # fmt: skip
    given, rest = parser.parse_known_args(args)
    file, device = separator_file(given.separator), device_named(given.device)
    separator = usable_separator(file, given.device)
    data = build_experiment(rest).datamodule
    assert isinstance(data, AudioDataModule)
    if separator.sample_rate != data.sample_rate:
        raise UserError(
            f"{file} is made for {separator.sample_rate} Hz, the data come at {data.sample_rate} Hz: "
            "set data.sample_rate"
        )
    name = file_hash(file)[:12]
    print(write_separated(given.out, data.cache, _on_arrays(separator, device, file), name, *_shard(given.shard)))
    return 0


def _shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found:
        raise UserError(f"--shard should be I/N, such as 2/8, found {text}")
    return int(found[1]), int(found[2])


def _on_arrays(separator: Separator, device: torch.device, file: Path) -> Separate:
    @torch.no_grad()
    def separate(wave: NDArray[Any]) -> NDArray[Any]:
        channels = separator(torch.from_numpy(np.ascontiguousarray(wave)).to(device)[None, None])
        found: NDArray[Any] = channels[0].cpu().numpy()
        if not np.isfinite(found).all():  # as integers they would be silence
            raise UserError(f"{file} makes channels that are NaN or infinite: take an earlier state of its training")
        return found

    return separate
