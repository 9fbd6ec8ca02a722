"""Which files of a folder hold audio, as far as their names tell."""

from __future__ import annotations

from pathlib import Path

AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".w64", ".caf"}
)
"""Lower-case endings that count as audio when a folder is searched; what is listed by name may end in anything."""


def audio_files(folder: Path) -> list[str]:
    """Paths of all audio files below `folder`, relative to it and sorted; hidden files and folders are left out."""
    found = (p.relative_to(folder) for p in folder.rglob("*") if p.suffix.lower() in AUDIO_SUFFIXES and p.is_file())
    return sorted(p.as_posix() for p in found if not any(part.startswith(".") for part in p.parts))
