"""Which files of a folder hold audio, as far as their names tell."""

from __future__ import annotations

from pathlib import Path

AUDIO_SUFFIXES = frozenset(
    {
        *(".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".w64", ".caf"),
        *(".rf64", ".bwf", ".voc", ".sph", ".nist", ".pvf"),
    }
)
"""Lower-case endings that count as audio when a folder is searched; what is listed by name may end in anything."""
FOREIGN_SUFFIXES = frozenset({".m4a", ".aac", ".mp4", ".wma", ".webm", ".amr", ".3gp"})
"""Endings of audio that libsndfile cannot read: told, not passed over."""


def audio_files(folder: Path) -> list[str]:
    """Paths of all audio files below `folder`, relative to it and sorted; hidden files and folders are left out."""
    return _files(folder, AUDIO_SUFFIXES)


def foreign_files(folder: Path) -> list[str]:
    """The same of files that hold audio in a format which cannot be read."""
    return _files(folder, FOREIGN_SUFFIXES)


def _files(folder: Path, suffixes: frozenset[str]) -> list[str]:
    found = (p.relative_to(folder) for p in folder.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
    return sorted(p.as_posix() for p in found if not any(part.startswith(".") for part in p.parts))
