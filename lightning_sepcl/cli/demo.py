"""`sepcl demo`: train, evaluate and show, from nothing, in a few minutes on a processor."""

from __future__ import annotations

import time
from pathlib import Path

from lightning_sepcl.cli import report, training
from lightning_sepcl.cli.verb_parser import VerbParser

CONFIG = Path("experiments/demo.yaml")


def run(args: list[str]) -> int:
    """Pre-train on the embedded scenes, judge beside the baselines, write the report; prints its path."""
    parser = VerbParser("sepcl demo", "Train, evaluate and show, from nothing; further options are those of sepcl fit.")
    parser.add_argument("--run", type=Path, default=Path("runs/demo"), help="folder of the run (default: runs/demo)")
    parser.add_argument("--resume", action="store_true", help="continue an interrupted demo")
    given, rest = parser.parse_known_args(args)
    start = time.monotonic()
    folder = ["--run", str(given.run)]
    resume = ["--resume"] if given.resume else []
    print("1 of 3: rendering sound scenes and training an encoder on them, without labels", flush=True)
    config = ["--config", str(CONFIG), "--trainer.precision", fast_precision()]
    if status := training.run("fit", [*config, *folder, *resume, *rest]):
        return status
    print("2 of 3: what has it learned? Judging it beside log-mel statistics and the untrained encoder", flush=True)
    if status := training.run("test", folder):
        return status
    print("3 of 3: writing the report", flush=True)
    report.run([str(given.run)])
    print(f"done in {time.monotonic() - start:.0f} s; open {given.run / 'report.html'} in a browser")
    return 0


def fast_precision() -> str:
    """bf16 where the processor or the GPU multiplies it natively, since it halves the time; else float32."""
    import torch

    native = torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16-mixed" if native else "32-true"
