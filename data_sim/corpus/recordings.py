"""The sounds that are heard in the rooms: all audio files of a folder, in a fixed order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lightning_sepcl.audio.files import AUDIO_SUFFIXES, audio_files
from lightning_sepcl.errors import UserError


@dataclass(frozen=True, slots=True)
class Recordings:
    """Audio files below a folder.

    Attributes:
        root: the folder.
        names: paths from there, sorted.
        classes: the folders they lie in, sorted; their places are the class numbers in DCASE's files.
    """

    root: Path
    names: tuple[str, ...]
    classes: tuple[str, ...]

    @classmethod
    def below(cls, root: Path) -> Recordings:
        """All audio files, in the folder itself and in those inside.

        Raises:
            UserError: no such folder, or no audio file in it.
        """
        if not root.is_dir():
            raise UserError(f"recordings: no folder {root}")
        names = audio_files(root)
        if not names:
            raise UserError(f"recordings: no audio file in {root} ({', '.join(sorted(AUDIO_SUFFIXES))})")
        return cls(root, tuple(names), tuple(sorted({class_of(name) for name in names})))

    def of_scene(self, number: int) -> str:
        """The recording that a scene plays."""
        return self.names[number % len(self.names)]

    def beside(self, number: int, share: float) -> str:
        """Another recording than the scene's own, where there is one; `share`, from 0 to below 1, tells which."""
        others = max(1, len(self.names) - 1)
        return self.names[(number + 1 + int(share * others)) % len(self.names)]

    @property
    def fingerprint(self) -> str:
        """Changes with the names and sizes of the files, not with what is in them."""
        digest = hashlib.sha256()
        for name in self.names:
            digest.update(f"{name}\0{(self.root / name).stat().st_size}\n".encode())
        return digest.hexdigest()[:16]


def class_of(name: str) -> str:
    """The folder a recording lies in; empty for those in the root.

    >>> class_of("Rain/03.wav"), class_of("03.wav")
    ('Rain', '')
    """
    return name.rpartition("/")[0]
