"""How fast clips come from the packed cache, beside one file per clip (soundfile) and tar shards (webdataset).

The same synthetic scenes of 10 s at 16 kHz, in batches of 64, shuffled: whole, and as random windows of 1 s. Ours is
the data module's own training loader. The peers read int16 too, with a plain loop and with a DataLoader that stacks;
windows are sought in the file, not cut out of the whole. All files lie in the system's file cache: what is measured is
work, not the disk. Without webdataset (`pip install webdataset`) its rows are left out.
"""

from __future__ import annotations

import io
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from harness import Options, Row, Timing, alternately, run, speedup
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lightning_sepcl.data.synthetic_scenes import SyntheticScenes

GOAL_FLAC = 20.0
GOAL_OTHERS = 1.0
RATE, SECONDS, BATCH = 16_000, 10, 64
FORMATS = ("wav", "flac", "ogg")


@dataclass(frozen=True, slots=True)
class Reader:
    """How a peer reads one clip.

    Attributes:
        samples: length of what is read; a whole clip's or less.
    """

    samples: int

    def file(self, place: str | io.BytesIO, number: int) -> Tensor:
        """From an audio file; a window begins anywhere, given by the clip's number."""
        start = number * 9973 % (SECONDS * RATE - self.samples + 1)
        wave, _ = soundfile.read(place, self.samples, start, dtype="int16")
        return torch.from_numpy(wave)

    def array(self, packed: bytes, number: int) -> Tensor:
        """From a file of NumPy's format."""
        start = number * 9973 % (SECONDS * RATE - self.samples + 1)
        wave: NDArray[np.int16] = np.load(io.BytesIO(packed))
        return torch.from_numpy(wave[start : start + self.samples])


class Files(Dataset[Tensor]):
    """One file per clip.

    Args:
        paths: of the files.
        reader: what is read of each.
    """

    def __init__(self, paths: Sequence[Path], reader: Reader) -> None:
        self.paths, self.reader = paths, reader

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> Tensor:
        return self.reader.file(str(self.paths[number]), number)


def measure(options: Options) -> list[Row]:
    """Clips per second of every way to read, for whole clips and for windows."""
    scenes = SyntheticScenes(train=BATCH * (2 if options.quick else 4), val=1, test=1, seconds=SECONDS)
    scenes.prepare_data()
    with tempfile.TemporaryDirectory() as folder:
        write_peers(scenes, Path(folder))
        return [row for seconds in (SECONDS, 1) for row in _rows(options, Path(folder), seconds)]


def write_peers(scenes: SyntheticScenes, folder: Path) -> None:
    """The training clips as files of every format, and as shards whose members are such files or NumPy arrays."""
    waves = [scenes.cache.clip(i)[0, 0] for i in range(scenes.corpus.counts["train"])]
    for kind in FORMATS:
        for number, wave in enumerate(waves):
            subtype = "VORBIS" if kind == "ogg" else "PCM_16"
            soundfile.write(folder / f"{number:06d}.{kind}", wave, RATE, subtype=subtype)
        with tarfile.open(folder / f"{kind}.tar", "w") as shard:
            for path in sorted(folder.glob(f"*.{kind}")):
                shard.add(path, path.name)
    with tarfile.open(folder / "npy.tar", "w") as shard:
        for number, wave in enumerate(waves):
            buffer = io.BytesIO()
            np.save(buffer, wave)
            member = tarfile.TarInfo(f"{number:06d}.npy")
            member.size = buffer.tell()
            buffer.seek(0)
            shard.addfile(member, buffer)


def _rows(options: Options, folder: Path, seconds: int) -> list[Row]:
    # The data module is made anew: 1 s windows are the training loader's own, drawn per epoch and clip.
    clips = len(list(folder.glob("*.wav")))
    scenes = SyntheticScenes(train=clips, val=1, test=1, seconds=SECONDS, clip_seconds=seconds, batch_size=BATCH)
    reader = Reader(seconds * RATE)
    contestants: dict[str, Callable[[], object]] = {"packed cache": _pass(scenes.train_dataloader())}
    for kind in FORMATS:
        files = Files(sorted(folder.glob(f"*.{kind}")), reader)
        contestants[f"{kind} files"] = partial(_loop, files)
        contestants[f"{kind} files, DataLoader"] = _pass(DataLoader(files, BATCH, shuffle=True))
    for kind in ("wav", "flac", "npy") if find_spec("webdataset") else ():
        contestants[f"webdataset of {kind}"] = _pass(_shards(folder / f"{kind}.tar", reader))
    timings = alternately(contestants, options.rounds_or(quick=3, full=9))
    what = "whole clips" if seconds == SECONDS else f"windows of {seconds} s"
    return _against(timings, options, clips, what)


def _against(timings: dict[str, Timing], options: Options, clips: int, what: str) -> list[Row]:
    rate = {name: clips / timing.median(options.clock) for name, timing in timings.items()}
    ours = rate.pop("packed cache")
    unit = f"clips/s {'CPU' if options.clock == 'cpu' else 'wall'}"
    return [
        speedup(
            f"{what} vs {name}", ours, theirs, unit, GOAL_FLAC if name.startswith("flac") else GOAL_OTHERS, rate=True
        )
        for name, theirs in rate.items()
    ]


def _pass(loader: Iterable[object]) -> Callable[[], object]:
    def once() -> None:
        for _ in loader:
            pass

    return once


def _loop(files: Files) -> None:
    order = np.random.default_rng(0).permutation(len(files)).tolist()
    for start in range(0, len(order), BATCH):
        torch.stack([files[number] for number in order[start : start + BATCH]])


def _shards(shard: Path, reader: Reader) -> Iterable[Tensor]:
    import webdataset  # an extra: "stream"

    kind = shard.stem

    def decoded(sample: dict[str, Any]) -> Tensor:
        number = int(sample["__key__"])
        return reader.array(sample[kind], number) if kind == "npy" else reader.file(io.BytesIO(sample[kind]), number)

    clips = webdataset.WebDataset(str(shard), shardshuffle=False, empty_check=False).shuffle(BATCH, initial=BATCH)
    batches: Iterable[Tensor] = clips.map(decoded).batched(BATCH, collation_fn=torch.stack)
    return batches


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
