"""How many clips a second each stage of the separated-scenes paper's training does, and what work and traffic it is.

The joint experiment at full size (CNN14, 4 views of 0.96 s of a 10 s clip, 64 mel bands) in float32. Work is what torch
counts, products and convolutions alone; traffic is every byte that an operation reads or writes, as if nothing stayed
in a cache, so an upper bound. Both are exact for the operations that run and do not depend on the machine; the clips
per second do. Head and loss are those of 64 clips, as on one of the paper's devices; separation is one pass of TDCN++
over a whole clip. The views are drawn from one seed. The same clips are read out of the packed cache and, decoded
anew each time, out of FLAC shards.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from harness import Options, Row, alternately, run
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from lightning_sepcl.cli.training import build_experiment
from lightning_sepcl.cli.training_cli import TrainingCLI
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.shard_writer import ShardJob, write_shards
from lightning_sepcl.objectives.coincidence import coincidence_of_pairs
from lightning_sepcl.records import Batch
from lightning_sepcl.separation import TDCNpp

ROOT = Path(__file__).resolve().parents[1]
SEED, READ, PER_DEVICE = 0, 64, 64
SHARDS = 4
CACHE, FLAC = "reading", "reading, FLAC shards"
READERS = (CACHE, FLAC)
STAGES = (*READERS, "views", "features", "augmentation", "encoder forward", "encoder both ways", "head and loss")
SEPARATION = "separation forward"
RATE, WORK, TRAFFIC = "clips/s", "GFLOP/clip", "MB/clip"


class Traffic(TorchDispatchMode):
    """Counts the bytes of all tensors that operations read and write; views of a tensor move nothing.

    Attributes:
        total: bytes so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation and add up what it touched."""
        out = func(*args, **(kwargs or {}))
        if not func.is_view:
            self.total += sum(_bytes(x) for x in _tensors((args, kwargs or {}, out)))
        return out


def _bytes(x: Tensor) -> int:
    """Windows that overlap lie in memory once."""
    return min(x.numel() * x.element_size(), x.untyped_storage().nbytes())


def _tensors(values: Any) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, dict):
        yield from _tensors(list(values.values()))
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _tensors(value)


def measure(options: Options) -> list[Row]:
    """Three rows for every stage."""
    os.chdir(ROOT)
    torch.manual_seed(SEED)
    clips = 1 if options.quick else 4
    with tempfile.TemporaryDirectory() as folder:
        cli = _experiment(options, folder, clips)
        stages = _stages(cli, sharded(cli.datamodule, Path(folder) / "shards"), clips)
        rounds = options.rounds_or(quick=1, full=3)
        timings = alternately({name: once for name, (once, _) in stages.items()}, rounds)
        rows = []
        for name, (once, count) in stages.items():
            work, traffic = (0.0, 0.0) if name in READERS else counted(once)
            rows.append(Row(name, count / timings[name].median(options.clock), RATE))
            rows.append(Row(name, work / count / 1e9, WORK))
            rows.append(Row(name, traffic / count / 1e6, TRAFFIC))
    return rows


def counted(once: Callable[[], object]) -> tuple[float, float]:
    """Floating-point operations and bytes of one turn."""
    with FlopCounterMode(display=False) as flops, Traffic() as traffic:
        once()
    return float(flops.get_total_flops()), float(traffic.total)


def _experiment(options: Options, folder: str, clips: int) -> TrainingCLI:
    given = {
        "--run": folder,
        "--threads": options.threads,
        "--seed_everything": SEED,
        "--data.train": READ,
        "--data.val": 1,
        "--data.test": 1,
        "--data.batch_size": clips,
        "--trainer.accelerator": "cpu",
    }
    words = [str(word) for pair in given.items() for word in pair]
    return build_experiment(["--config", "experiments/scenes/joint.yaml", *words])


def sharded(data: AudioDataModule, folder: Path) -> DataLoader[Batch]:
    """The training batches of a data module, out of FLAC shards that are written for it."""
    write_shards(ShardJob(folder, data.corpus, data.manifest, data.settings, "flac", READ // SHARDS, workers=1))
    assert data.clip_samples is not None
    seconds = data.clip_samples / data.sample_rate
    again = AudioDataModule(data.corpus, clip_seconds=seconds, batch_size=data.batch_size, shards=str(folder))
    return again.train_dataloader()


def _stages(cli: TrainingCLI, shards: DataLoader[Batch], clips: int) -> dict[str, tuple[Callable[[], object], int]]:
    """Every stage on its own with real inputs, and how many clips it takes at a time."""
    method, front, generator = cli.model.train(), cli.model.front, torch.Generator().manual_seed(SEED)
    loader = cli.datamodule.train_dataloader()
    loader.sampler.position = None
    batch = next(iter(loader))
    draw = front.views.draw(batch.length, batch.wave.shape[1], generator)
    wave = front.views.apply(batch.wave, draw)
    flat = wave.flatten(0, 1)
    features = front.features_of(flat).reshape(*wave.shape[:2], front.features.channels, front.features.bins, -1)
    h = torch.randn(PER_DEVICE, wave.shape[1], method.encoder.dim, generator=generator, requires_grad=True)
    separator = TDCNpp(sources=2).eval()
    clip = torch.randn(1, 1, batch.wave.shape[-1], generator=generator) * 0.1

    def reading(batches: DataLoader[Batch]) -> None:
        for _ in batches:
            pass

    def views() -> Tensor:
        drawn = front.views.draw(batch.length, batch.wave.shape[1], generator)
        made: Tensor = front.views.apply(batch.wave, drawn)
        return made

    def forward() -> None:
        with torch.no_grad():
            method.encode(features)

    def both_ways() -> None:
        method.encode(features).square().mean().backward()

    def head_and_loss() -> None:
        similarity = method.objective(method.projection(h[:, :2]))
        coincidence, _ = coincidence_of_pairs(method.coincidence, h[:, 2], h[:, 3])
        (similarity + coincidence).backward()

    def separation() -> None:
        with torch.no_grad():
            separator(clip)

    turns: tuple[Callable[[], object], ...] = (
        partial(reading, loader),
        partial(reading, shards),
        views,
        lambda: front.features_of(flat),
        lambda: front._augmented(features, None, front.feature_augment, generator),
        forward,
        both_ways,
        head_and_loss,
    )
    counts = (len(loader) * clips, len(shards) * clips, clips, clips, clips, clips, clips, PER_DEVICE)
    found = {name: (turn, count) for name, turn, count in zip(STAGES, turns, counts, strict=True)}
    return found | {SEPARATION: (separation, 1)}


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
