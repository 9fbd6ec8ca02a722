"""How fast clips come from our tar shards and what resuming loses, beside webdataset, litdata and mosaicml-streaming.

The same synthetic scenes of 10 s at 16 kHz, in batches of 64, shuffled: whole, and as random windows of 1 s, on one
process. Every format holds the same FLAC or WAV files and decodes them alike; all lie on the local disk and in the
system's file cache: what is measured is work. `resume` breaks an epoch off in its middle, takes what the library
itself offers to go on (webdataset: nothing), and counts the batches of the rest that are not those of an undisturbed
epoch; with two workers, and with two and then one. Libraries that are not installed are left out with a line.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from harness import Options, Row, Timing, alternately, judged, run, speedup
from loading import BATCH, RATE, SECONDS, Reader
from numpy.typing import NDArray
from torch import Tensor

from lightning_sepcl.data.audio_folder import FolderCorpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.sampler import Position
from lightning_sepcl.data.shard_writer import ShardJob, write_shards
from lightning_sepcl.data.synthetic_scenes import SyntheticScenes

os.environ.setdefault("DO_NOT_TRACK", "1")
KINDS = ("flac", "wav")
PEERS = {"webdataset": "webdataset", "litdata": "litdata", "mosaicml-streaming": "streaming"}
"""Names and modules."""
RESUME_BATCH = 4
SHARDS = 8
"""As many in every format."""

Read = Callable[[bytes, int], Any]
"""What is made of an audio file and its number."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The clips in every format below one folder."""

    path: Path
    clips: int

    def data(self, **settings: Any) -> AudioDataModule:
        """The clips as a data set: all for training."""
        files = FolderCorpus(str(self.path / "files"), labels="none", clip_seconds=None, val_share=0, test_share=0)
        return AudioDataModule(files, **settings)

    def ours(self, kind: str, seconds: float, batch: int, workers: int) -> Any:
        """Our training loader, out of shards or, where `kind` is `cache`, out of the packed cache."""
        shards = None if kind == "cache" else str(self.path / f"ours-{kind}")
        data = self.data(
            clip_seconds=seconds, batch_size=batch, num_workers=workers, shards=shards, mixed_shards=SHARDS // 2
        )
        return data.train_dataloader()

    def peer(self, name: str, kind: str, read: Read, batch: int, workers: int) -> Any:
        """A peer's own shuffling loader."""
        make = {"webdataset": _webdataset, "litdata": _litdata, "mosaicml-streaming": _mosaic}[name]
        return make(self.path / f"{name}-{kind}", kind, read, batch, workers)


def measure(options: Options) -> list[Row]:
    """Rates of whole clips and of windows, then what resuming loses."""
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(Path(path), BATCH * (2 if options.quick else 4))
        installed = [name for name, module in PEERS.items() if find_spec(module)]
        with contextlib.redirect_stdout(sys.stderr):
            write(folder, installed)
        rows = [row for seconds in (SECONDS, 1) for row in _rates(options, folder, installed, seconds)]
        rows += [row for name in ("ours", *installed) for row in _resuming(folder, name)]
        return rows + [Row(f"{name}: not installed, left out", 0.0, "") for name in PEERS if name not in installed]


def write(folder: Folder, peers: Iterable[str]) -> None:
    """The clips in our shards and in those of the peers."""
    scenes = SyntheticScenes(train=folder.clips, val=1, test=1, seconds=SECONDS)
    waves = [scenes.cache.clip(number)[0, 0] for number in range(folder.clips)]
    (folder.path / "files").mkdir()
    for kind in KINDS:
        files = [_encoded(wave, kind) for wave in waves]
        if kind == "wav":
            for number, file in enumerate(files):
                (folder.path / "files" / f"{number:06d}.wav").write_bytes(file)
        for name in peers:
            writer = {"webdataset": _write_webdataset, "litdata": _write_litdata, "mosaicml-streaming": _write_mosaic}
            writer[name](folder.path / f"{name}-{kind}", kind, files)
    data = folder.data()
    for kind in KINDS:
        out = folder.path / f"ours-{kind}"
        write_shards(ShardJob(out, data.corpus, data.manifest, data.settings, kind, folder.clips // SHARDS))


def _encoded(wave: NDArray[np.int16], kind: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, wave, RATE, format=kind.upper(), subtype="PCM_16")
    return file.getvalue()


def _rates(options: Options, folder: Folder, installed: Iterable[str], seconds: int) -> list[Row]:
    reader = Reader(seconds * RATE)
    contestants = {f"ours {kind}": _pass(folder.ours(kind, seconds, BATCH, 0)) for kind in (*KINDS, "cache")}
    for name, kind in itertools.product(installed, KINDS):
        contestants[f"{name} {kind}"] = _pass(folder.peer(name, kind, partial(_wave, reader), BATCH, 0))
    timings = alternately(contestants, options.rounds_or(quick=3, full=9))
    what = "whole clips" if seconds == SECONDS else f"windows of {seconds} s"
    return list(_compared(timings, options, folder.clips, what))


def _compared(timings: dict[str, Timing], options: Options, clips: int, what: str) -> Iterator[Row]:
    rate = {name: clips / timing.median(options.clock) for name, timing in timings.items()}
    unit = f"clips/s {'CPU' if options.clock == 'cpu' else 'wall'}"
    for name, theirs in rate.items():
        library, _, kind = name.rpartition(" ")
        if kind == "cache":
            for own in KINDS:
                yield speedup(f"{what}, {own} shards vs packed cache", rate[f"ours {own}"], theirs, unit, rate=True)
        elif library != "ours":
            yield speedup(f"{what}, {kind} shards vs {name}", rate[f"ours {kind}"], theirs, unit, 1.0, rate=True)


def _resuming(folder: Folder, name: str) -> Iterator[Row]:
    for before, after in ((2, 2), (2, 1)):
        what = f"resume, {name}, {before} workers" + ("" if before == after else f", then {after}")
        goal = 0.0 if name == "ours" else None
        yield judged(what, _differing(folder, name, before, after), "batches differ", goal)


def _differing(folder: Folder, name: str, before: int, after: int) -> float:
    """Batches after the break that are not those of an undisturbed epoch."""
    half = folder.clips // RESUME_BATCH // 2

    def loader(workers: int) -> Any:
        if name == "ours":
            return folder.ours("wav", 0.01, RESUME_BATCH, workers)
        return folder.peer(name, "wav", _number, RESUME_BATCH, workers)

    whole = [_names(batch) for batch in loader(before)]
    first, state = loader(before), None
    for seen, _ in enumerate(first, start=1):
        if seen == half:
            state = first.state_dict() if name in ("litdata", "mosaicml-streaming") else None
            break
    del first
    again = loader(after)
    if name == "ours":
        again.sampler.position = lambda: Position(0, half)
    elif state is not None:
        again.load_state_dict(state)
    try:
        rest = [_names(batch) for batch in itertools.islice(again, len(whole) - half)]
    except Exception as error:  # whatever a library answers, the rest of its epoch did not come
        print(f"{name} with {before}, then {after} workers: {type(error).__name__}: {error}", file=sys.stderr)
        rest = []
    return float(sum(a != b for a, b in itertools.zip_longest(whole[half:], rest)))


def _names(batch: Any) -> list[int]:
    if isinstance(batch, Tensor):
        found: list[int] = batch.tolist()
        return found
    return [int(Path(key).stem) for key in batch.keys]


def _wave(reader: Reader, file: bytes, number: int) -> Tensor:
    return reader.file(io.BytesIO(file), number)


def _number(file: bytes, number: int) -> Tensor:
    return torch.tensor(number)


def _pass(loader: Iterable[object]) -> Callable[[], object]:
    def once() -> None:
        for _ in loader:
            pass

    return once


def _write_webdataset(folder: Path, kind: str, files: list[bytes]) -> None:
    folder.mkdir()
    for shard in range(SHARDS):
        with tarfile.open(folder / f"{shard:06d}.tar", "w") as tar:
            for number in range(shard * len(files) // SHARDS, (shard + 1) * len(files) // SHARDS):
                member = tarfile.TarInfo(f"{number:06d}.{kind}")
                member.size = len(files[number])
                tar.addfile(member, io.BytesIO(files[number]))


def _webdataset(folder: Path, kind: str, read: Read, batch: int, workers: int) -> Any:
    import webdataset  # an extra: "stream"

    def decoded(sample: dict[str, Any]) -> Any:
        return read(sample[kind], int(sample["__key__"]))

    shards = sorted(map(str, folder.glob("*.tar")))
    clips = webdataset.WebDataset(shards, shardshuffle=SHARDS, seed=0, empty_check=False).shuffle(4 * BATCH, seed=0)
    batches = clips.map(decoded).batched(batch, collation_fn=torch.stack)
    return batches if workers == 0 else webdataset.WebLoader(batches, batch_size=None, num_workers=workers)


def _write_litdata(folder: Path, kind: str, files: list[bytes]) -> None:
    from litdata.streaming.writer import BinaryWriter

    writer = BinaryWriter(str(folder), chunk_size=len(files) // SHARDS)
    for number, file in enumerate(files):
        writer[number] = {"audio": file, "number": number}
    writer.done()
    writer.merge()


def _litdata(folder: Path, kind: str, read: Read, batch: int, workers: int) -> Any:
    from litdata import StreamingDataLoader, StreamingDataset

    class Clips(StreamingDataset):  # type: ignore[misc,unused-ignore]
        def __getitem__(self, index: Any) -> Any:
            sample = super().__getitem__(index)
            return read(sample["audio"], sample["number"])

    return StreamingDataLoader(Clips(str(folder), shuffle=True, seed=0), batch_size=batch, num_workers=workers)


def _write_mosaic(folder: Path, kind: str, files: list[bytes]) -> None:
    from streaming import MDSWriter

    size = sum(map(len, files)) // SHARDS
    with MDSWriter(columns={"audio": "bytes", "number": "int"}, out=str(folder), size_limit=size) as writer:
        for number, file in enumerate(files):
            writer.write({"audio": file, "number": number})


def _mosaic(folder: Path, kind: str, read: Read, batch: int, workers: int) -> Any:
    from streaming import StreamingDataLoader, StreamingDataset
    from streaming.base.util import clean_stale_shared_memory

    class Clips(StreamingDataset):  # type: ignore[misc,unused-ignore]
        def __getitem__(self, index: Any) -> Any:
            sample = super().__getitem__(index)
            return read(sample["audio"], sample["number"])

    clean_stale_shared_memory()
    return StreamingDataLoader(
        Clips(local=str(folder), shuffle=True, shuffle_seed=0, batch_size=batch), batch_size=batch, num_workers=workers
    )


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
