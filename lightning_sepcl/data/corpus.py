"""What every corpus is: a manifest of clips, and the audio of each. No cropping, no randomness, no framework."""

from __future__ import annotations

import json
import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float32

from lightning_sepcl.audio.files import audio_files
from lightning_sepcl.audio.reading import Array, read_audio
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.errors import UserError

ClipAudio = Float32[Array, "source mic sample"]

log = logging.getLogger(__name__)


class Corpus(ABC):
    """Base class of the corpora. Objects are small and can be pickled: processes that build the cache receive a copy.

    Attributes:
        name: short, fit for a folder's name.
    """

    name: str
    aside: ClassVar[tuple[str, ...]] = ()
    """Attributes that say where files lie, or that change no clip."""

    @abstractmethod
    def manifest(self) -> Manifest:
        """All clips, in an order that does not depend on the machine.

        Raises:
            UserError: the corpus is not where it should be, or not what it should be.
        """

    @abstractmethod
    def audio(self, entry: Entry, *, sample_rate: int, mono: bool, sources: bool) -> ClipAudio:
        """One clip, full scale 1: as recorded, followed by its isolated sources if these are asked for and exist.

        Raises:
            UnreadableAudio: the clip cannot be used.
        """

    @abstractmethod
    def fingerprint(self, entry: Entry) -> str:
        """Text that changes when the clip's audio may have changed; cheap, since it is asked at every start."""

    def absent(self) -> tuple[str, ...]:
        """Names of clips that the data set lists and the manifest leaves out because they are not there.

        Empty unless a data set expects such gaps; runs record how many there are and a hash of the list.
        """
        return ()

    def made_of(self) -> dict[str, Any]:
        """Its kind and what it was built with, without the places of files: shards of another one are refused."""
        plain = (str, int, float, tuple, dict, type(None))
        own = {name: value for name, value in vars(self).items() if isinstance(value, plain)}
        said = {name: value for name, value in own.items() if name not in self.aside and not name.startswith("_")}
        return {"kind": type(self).__name__, **json.loads(json.dumps(said))}


class FileCorpus(Corpus):
    """A corpus that lies in a folder.

    Args:
        root: the data set's folder or the one that holds it; None takes `$SEPCL_DATA/<folder>`.
    """

    folder: ClassVar[str]
    """The data set's own folder as its publishers named it, below `$SEPCL_DATA`."""
    landmark: ClassVar[str]
    """A file or folder below the root by which the data set is recognised."""
    layout: ClassVar[str]
    """The files it expects, for the error message."""
    url: ClassVar[str]
    """Where people get it."""
    aside: ClassVar[tuple[str, ...]] = ("given_root",)

    def __init__(self, root: str | None = None) -> None:
        self.given_root = root

    @property
    def root(self) -> Path:
        """The data set's folder.

        Raises:
            UserError: it is nowhere to be found.
        """
        places = self._places()
        for place in places:
            if self._lies_in(place):
                return place
        looked = (
            ", ".join(dict.fromkeys(map(str, places))) if places else "nowhere (neither root nor SEPCL_DATA is set)"
        )
        raise UserError(
            f"no {self.name} found; looked in: {looked}. Expected there: {self.layout}. "
            f"Get it from {self.url}, then set root to its folder, or SEPCL_DATA to the folder that holds {self.folder}"
        )

    def audio(self, entry: Entry, *, sample_rate: int, mono: bool, sources: bool) -> ClipAudio:
        """The clip's file, and those of its sources padded or cut to the clip's length."""
        paths = (entry.path, *(entry.sources if sources else ()))
        start, duration = entry.start_seconds, entry.duration_seconds
        waves = [read_audio(self.root / p, sample_rate, start=start, duration=duration, mono=mono) for p in paths]
        clip = np.zeros((len(waves), *waves[0].shape), np.float32)
        for row, wave in zip(clip, waves, strict=True):
            row[:, : wave.shape[1]] = wave[:, : row.shape[1]]
        return clip

    def fingerprint(self, entry: Entry) -> str:
        """Size and time of change of the clip's files."""
        return " ".join(size_and_time(self.root / p) for p in (entry.path, *entry.sources))

    def _lies_in(self, place: Path) -> bool:
        return (place / self.landmark).exists()

    def _places(self) -> list[Path]:
        if self.given_root is not None:
            root = Path(self.given_root).expanduser()
            return [root, root / self.folder, root / Path(self.folder).name]
        packs = os.environ.get("SEPCL_DATA")
        return [Path(packs).expanduser() / self.folder] if packs else []


def tell_unlisted(folder: Path, listed: Iterable[str], where: str, present: Iterable[str] | None = None) -> None:
    """Log how many audio files of `folder` nobody listed in `where`: they are left out, which should not go unseen.

    `present` are the folder's audio files where the caller knows them already.
    """
    extra = sorted(set(audio_files(folder) if present is None else present) - set(listed))
    if extra:
        log.warning(
            "%d audio file(s) in %s are not listed in %s and left out, e.g. %s", len(extra), folder, where, extra[0]
        )


def size_and_time(path: Path) -> str:
    """Text that changes when a file does; `absent` where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return "absent"
    return f"{stat.st_size}:{stat.st_mtime_ns}"
