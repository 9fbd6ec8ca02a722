"""Writes tar files in webdataset's layout, as others have them."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import soundfile


def audio_bytes(number: int, *, seconds: float = 0.1, sample_rate: int = 16000, kind: str = "flac") -> bytes:
    """A tone of 200 Hz · (number + 1) as an audio file."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    file = io.BytesIO()
    wave = 0.5 * np.sin(2 * np.pi * 200 * (number + 1) * time)
    soundfile.write(file, wave, sample_rate, format=kind.upper())
    return file.getvalue()


def write_tar(path: Path, members: dict[str, bytes | dict | str]) -> Path:
    """A tar file with these members; a dict is written as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            data = json.dumps(content) if isinstance(content, dict) else content
            data = data.encode() if isinstance(data, str) else data
            header = tarfile.TarInfo(name)
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    return path


def write_tar_shards(folder: Path, shards: int = 2, clips: int = 6, kind: str = "flac") -> Path:
    """Shards of labelled tones: `low` in even samples, `high` in odd ones."""
    for shard in range(shards):
        members: dict[str, bytes | dict | str] = {}
        for i in range(clips):
            number = shard * clips + i
            members[f"{number:04d}.{kind}"] = audio_bytes(number, kind=kind)
            members[f"{number:04d}.json"] = {"label": ("low", "high")[number % 2]}
        write_tar(folder / f"audio-{shard:03d}.tar", members)
    return folder
