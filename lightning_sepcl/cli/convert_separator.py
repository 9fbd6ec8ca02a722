"""`sepcl convert-separator IN`: a published TensorFlow checkpoint becomes a separator of this suite."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path
from typing import get_args

from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.separation.consistency import ConsistencyKind
from lightning_sepcl.separation.published import PRESETS, Untold, separator_from_checkpoint
from lightning_sepcl.separation.saved import save_separator
from lightning_sepcl.separation.tf_checkpoint import TFCheckpoint


def run(args: list[str]) -> int:
    """Read a checkpoint, write one safetensors file, and say what the network is."""
    given = _parser().parse_args(args)
    changed = {f.name: getattr(given, f.name, None) for f in fields(Untold)}
    untold = replace(PRESETS[given.preset], **{name: value for name, value in changed.items() if value is not None})
    separator = separator_from_checkpoint(TFCheckpoint(given.checkpoint), untold)
    save_separator(given.out, separator)
    parameters = sum(parameter.numel() for parameter in separator.parameters())
    print(f"{given.out}: {type(separator).__name__} with {separator.sources} sources, {parameters:,} parameters")
    print(f"from the preset or your options, since a checkpoint does not store it: {_told(untold)}")
    return 0


def _told(untold: Untold) -> str:
    return f"{untold.sample_rate} Hz, a frame every {untold.hop_samples} samples, {untold.blocks} blocks per repeat"


def _parser() -> VerbParser:
    parser = VerbParser(
        "sepcl convert-separator",
        "Turn a TensorFlow checkpoint of google-research/sound-separation into a separator of this suite.",
    )
    add = parser.add_argument
    add("checkpoint", type=Path, metavar="IN", help="model.ckpt-N, one of its files, or its folder")
    add("--preset", choices=PRESETS, required=True, help="whose checkpoint it is, or is most like")
    add("--out", type=Path, required=True, metavar="FILE", help="file to write, *.safetensors")
    add("--sample-rate", type=int, metavar="HZ", help="of the waves it was trained on")
    add("--hop-samples", type=int, metavar="N", help="samples from frame to frame")
    add("--window-samples", type=int, metavar="N", help="samples per frame of an STFT; a learned basis tells its own")
    add("--blocks", type=int, metavar="N", help="blocks per repeat; long residual paths tell it")
    add("--zero-beginning", action=argparse.BooleanOptionalAction, help="whether zeros stand in front of the wave")
    kinds = [kind for kind in get_args(ConsistencyKind) if kind != "pred_source"]
    add("--consistency", choices=kinds, help="of a network that has no layer for it")
    return parser
