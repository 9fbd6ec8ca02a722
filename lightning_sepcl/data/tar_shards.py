"""Tar shards that others wrote, as a corpus: `<key>.flac` (or .wav, .ogg, ...) with `<key>.json` or `<key>.cls`.

They are read like any data set: into the packed cache, or by `sepcl data shard` into indexed shards that are not copied
to a cache again.
"""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from lightning_sepcl.audio.files import AUDIO_SUFFIXES
from lightning_sepcl.audio.reading import UnreadableAudio, decode_audio
from lightning_sepcl.data.corpus import ClipAudio, Corpus, size_and_time
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.dealing import dealt_out, refuse_shares
from lightning_sepcl.data.manifest import SPLITS, Entry, Manifest
from lightning_sepcl.errors import UserError

_PLACE = re.compile(r"(.+)@(\d+)\+(\d+)")
"""How an entry's path ends: where the audio file begins in the tar file and how long it is, in bytes."""


@dataclass(slots=True)
class Sample:
    """The members of a tar file that share a key; `place` is that of the audio, empty where there is none."""

    tar: str
    key: str
    place: str = ""
    labels: tuple[str, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)


class TarCorpus(Corpus):
    """All samples of some tar files. A member's key is its name up to the first dot of the last part.

    Labels are those of `labels` or `label` in a sample's JSON, a text, a number or a list of them, else what its `.cls`
    says. A `split` in the JSON (train, val, test) is kept; samples without one are dealt out by a seeded hash of keys.

    Args:
        root: folder with tar files; searched with all folders below it.
        val_share: share of the samples for validation, 0 to 1.
        test_share: share of the samples for testing, 0 to 1.
        split_seed: another seed deals the samples out differently.
    """

    name = "tar_shards"
    aside = ("root",)

    def __init__(self, root: str, *, val_share: float = 0.1, test_share: float = 0.1, split_seed: int = 0) -> None:
        refuse_shares(val_share, test_share)
        self.root, self.val_share, self.test_share, self.split_seed = root, val_share, test_share, split_seed

    def manifest(self) -> Manifest:
        """One entry per sample, tar by tar and in the order in which they lie."""
        samples = [sample for tar in self._tars() for sample in samples_of(Path(self.root).expanduser(), tar)]
        if not samples:
            raise UserError(f"the tar files of {self.root} hold no samples: expected <key>.flac and <key>.json")
        named = {sample.key: _split(sample) for sample in samples}
        others = (key for key, split in named.items() if split is None)
        splits = dealt_out(others, self.val_share, self.test_share, self.split_seed)
        entries = tuple(
            Entry(s.key, s.place or f"{s.tar}/{s.key}", 0.0, None, s.labels, named[s.key] or splits[s.key], 0)
            for s in samples
        )
        vocabulary = sorted({label for sample in samples for label in sample.labels})
        return Manifest(entries, tuple(vocabulary), any(len(sample.labels) > 1 for sample in samples))

    def audio(self, entry: Entry, *, sample_rate: int, mono: bool, sources: bool) -> ClipAudio:
        """The sample's audio file, decoded where it lies; there are no isolated sources."""
        found = _PLACE.fullmatch(entry.path)
        if found is None:
            raise UnreadableAudio(entry.path, f"no audio file in the sample, such as {entry.key}.flac")
        data = _read(self._tar_of(entry), int(found[2]), int(found[3]))
        return decode_audio(data, found[1], sample_rate, mono=mono)[None]

    def fingerprint(self, entry: Entry) -> str:
        """Size and time of change of the tar file."""
        return size_and_time(self._tar_of(entry))

    def _tars(self) -> list[str]:
        """Paths of the tar files, relative to the root."""
        folder = Path(self.root).expanduser()
        found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.tar"))
        if not found:
            raise UserError(f"no tar files below {self.root}: set root to the folder that holds them")
        return found

    def _tar_of(self, entry: Entry) -> Path:
        return Path(self.root).expanduser() / (entry.path.rpartition(".tar/")[0] + ".tar")


def samples_of(folder: Path, name: str) -> Iterator[Sample]:
    """The samples of a tar file.

    Args:
        folder: in which the tar files lie.
        name: of this one, relative to it.

    Raises:
        UserError: it is cut short or no tar file, or a sample has two audio files or no such JSON.
    """
    path, sample = folder / name, Sample(name, "")
    try:
        _refuse_open_end(path)
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                if not member.isfile() or PurePosixPath(member.name).name.startswith("."):
                    continue
                key, suffix = _key_and_suffix(member.name)
                if key != sample.key:
                    if sample.key:
                        yield sample
                    sample = Sample(name, key)
                if member.offset_data + member.size > path.stat().st_size:
                    raise tarfile.ReadError("unexpected end of data")
                _take(sample, member, suffix, tar)
    except (tarfile.TarError, EOFError) as error:
        raise UserError(f"{path} is cut short or no tar file ({error}): copy it again") from error
    if sample.key:
        yield sample


def _refuse_open_end(path: Path) -> None:
    """A file that was cut between two members is else taken for a whole one.

    Source: POSIX ustar, two blocks of zeros at the end.
    """
    end = 2 * tarfile.BLOCKSIZE
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - end))
        if file.read() != bytes(end):
            raise tarfile.ReadError("its end is missing")


def _key_and_suffix(name: str) -> tuple[str, str]:
    """As webdataset takes them apart.

    >>> _key_and_suffix("a.b/dog.left.FLAC")
    ('a.b/dog', 'left.flac')
    """
    folder, slash, file = name.rpartition("/")
    stem, _, suffix = file.partition(".")
    return folder + slash + stem, suffix.lower()


def _take(sample: Sample, member: tarfile.TarInfo, suffix: str, tar: tarfile.TarFile) -> None:
    """Note what a member says of its sample."""
    where = f"{sample.tar}/{member.name}"
    if f".{suffix.rpartition('.')[2]}" in AUDIO_SUFFIXES:
        if sample.place:
            raise UserError(f"the sample {sample.key} in {sample.tar} has several audio files: keep one of each sample")
        sample.place = f"{where}@{member.offset_data}+{member.size}"
    elif suffix in ("json", "cls"):
        file = tar.extractfile(member)
        text = (file.read() if file else b"").decode("utf-8", errors="replace")
        if suffix == "json":
            sample.about = _about(text, where)
            sample.labels = _labels(sample.about.get("labels", sample.about.get("label"))) or sample.labels
        else:
            sample.labels = sample.labels or _labels(text.strip() or None)


def _about(text: str, where: str) -> dict[str, Any]:
    try:
        about = json.loads(text)
    except ValueError as error:
        raise UserError(f"{where} is no JSON: {error}") from error
    if not isinstance(about, dict):
        raise UserError(f'{where} should hold an object such as {{"labels": ["dog"]}}')
    return about


def _labels(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    several = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(str(label) for label in several))


def _split(sample: Sample) -> str | None:
    split = sample.about.get("split")
    return split if split in SPLITS else None


def _read(path: Path, offset: int, size: int) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise UnreadableAudio(path, "no such file") from error
    try:
        return os.pread(handle, size, offset)
    finally:
        os.close(handle)


class TarShards(AudioDataModule):
    """Tar shards that others wrote in webdataset's layout; labels are optional.

    Args:
        root: folder with tar files; searched with all folders below it.
        val_share: share of the samples for validation, 0 to 1, where their JSON names no split.
        test_share: share of the samples for testing, likewise.
        split_seed: another seed deals the samples out to the splits differently.
        clip_seconds: as in `AudioDataModule`.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str,
        val_share: float = 0.1,
        test_share: float = 0.1,
        split_seed: int = 0,
        clip_seconds: float | None = 10.0,
        **kwargs: Any,
    ) -> None:
        corpus = TarCorpus(root, val_share=val_share, test_share=test_share, split_seed=split_seed)
        super().__init__(corpus, clip_seconds=clip_seconds, **kwargs)
