"""What of a data set is there and what is missing, found through the corpus's own manifest and messages."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lightning_sepcl.audio.files import audio_files
from lightning_sepcl.data.cache_format import Skipped
from lightning_sepcl.data.corpus import Corpus, FileCorpus
from lightning_sepcl.data.manifest import SPLITS, Entry, Manifest
from lightning_sepcl.data.measuring import measured


@dataclass(frozen=True, slots=True)
class PartCheck:
    """The clips of one split.

    Attributes:
        split: `train`, `val` or `test`.
        listed: clips in the manifest.
        found: those whose file is there and not empty.
        absent: those without a file.
        empty: those whose file has 0 bytes.
        unreadable: those whose file is there but could not be decoded; 0 where nobody tried.
    """

    split: str
    listed: int
    found: int
    absent: int
    empty: int
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """What was found.

    Attributes:
        name: of the corpus.
        folder: where it lies; empty where clips are rendered.
        layout: how its files lie, in words; empty where clips are rendered.
        parts: the splits that have clips.
        classes: how many.
        labelled: clips that have a label.
        left_out: clips that the data set lists, but the corpus leaves out because they are absent.
        unlisted: audio files below the folder that belong to no clip.
        notes: what the corpus told while its manifest was read.
        damaged: clips whose files are there but cannot be read.
        read: whether every clip was decoded.
    """

    name: str
    folder: str
    layout: str
    parts: tuple[PartCheck, ...]
    classes: int
    labelled: int
    left_out: tuple[str, ...]
    unlisted: tuple[str, ...]
    notes: tuple[str, ...]
    damaged: tuple[Skipped, ...] = ()
    read: bool = False

    @property
    def clips(self) -> int:
        """How many the manifest lists."""
        return sum(part.listed for part in self.parts)

    @property
    def problem(self) -> str:
        """Why training could not begin, in a sentence; empty if it could."""
        bad = Counter(
            absent=sum(part.absent for part in self.parts),
            empty=sum(part.empty for part in self.parts),
            unreadable=sum(part.unreadable for part in self.parts),
        )
        if not any(part.split == "train" for part in self.parts):
            return f"{self.name} has no clip for training: check its lists and its settings"
        if bad.total() == self.clips:
            return f"none of the {self.clips} clips of {self.name} can be used: its files are absent, empty or damaged"
        if bad.total():
            what = ", ".join(f"{count} {kind}" for kind, count in bad.items() if count)
            share = math.ceil(1000 * bad.total() / self.clips) / 1000
            return (
                f"{self.name}: of {self.clips} clips {what}; get or mend them, or train without them by "
                f"--data.max_skipped {share:g}"
            )
        return ""


def check(corpus: Corpus, *, read: bool = False) -> Check:
    """Compare a corpus's manifest with the files that are there.

    Args:
        corpus: what is to be checked.
        read: decode every clip, too.

    Raises:
        UserError: the corpus is not there, or its lists are wrong.
    """
    with _told() as notes:
        manifest = corpus.manifest()
        left_out = corpus.absent()
    folder = corpus.root if isinstance(corpus, FileCorpus) else None
    states = {entry.key: _state(folder, entry) for entry in manifest.entries}
    found = Check(
        name=corpus.name,
        folder=str(folder or ""),
        layout=corpus.layout if isinstance(corpus, FileCorpus) else "",
        parts=_parts(manifest, states),
        classes=len(manifest.vocabulary),
        labelled=sum(bool(entry.labels) for entry in manifest.entries),
        left_out=tuple(left_out),
        unlisted=_unlisted(folder, manifest),
        notes=tuple(notes),
    )
    return _with_damage(found, corpus, manifest, states) if read else found


def _with_damage(found: Check, corpus: Corpus, manifest: Manifest, states: dict[str, str]) -> Check:
    there = [entry for entry in manifest.entries if states[entry.key] == "found"]
    results = measured(corpus, there, f"reading {corpus.name}")
    damaged = tuple(result for result in results if isinstance(result, Skipped))
    states = states | {skipped.key: "unreadable" for skipped in damaged}
    return replace(found, parts=_parts(manifest, states), damaged=damaged, read=True)


def _parts(manifest: Manifest, states: dict[str, str]) -> tuple[PartCheck, ...]:
    counts = {split: Counter(states[e.key] for e in manifest.entries if e.split == split) for split in SPLITS}
    return tuple(
        PartCheck(split, c.total(), c["found"], c["absent"], c["empty"], c["unreadable"])
        for split, c in counts.items()
        if c
    )


def _state(folder: Path | None, entry: Entry) -> str:
    if folder is None:
        return "found"
    sizes = [_size(folder / path) for path in (entry.path, *entry.sources)]
    return "absent" if None in sizes else "empty" if 0 in sizes else "found"


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _unlisted(folder: Path | None, manifest: Manifest) -> tuple[str, ...]:
    if folder is None:
        return ()
    known = {path for entry in manifest.entries for path in (entry.path, *entry.sources)}
    return tuple(path for path in audio_files(folder) if path not in known)


@contextmanager
def _told() -> Iterator[list[str]]:
    """Collects the warnings of the data room instead of letting them out."""
    notes: list[str] = []
    handler = _Collector(notes)
    logger = logging.getLogger("lightning_sepcl.data")
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield notes
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


class _Collector(logging.Handler):
    def __init__(self, notes: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        self.notes.append(record.getMessage())


def examples(names: Sequence[str], most: int = 3) -> str:
    """The first few of many names.

    >>> examples(["a", "b", "c", "d"], most=2)
    'a, b and 2 more'
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
