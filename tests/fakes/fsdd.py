"""A tiny Free Spoken Digit Dataset: genuine names, 8 kHz tones."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.tone import write_tone


def write_fsdd(root: Path, takes: int = 8) -> Path:
    """Two digits, two speakers."""
    for digit in (0, 7):
        for speaker in ("george", "theo"):
            for take in range(takes):
                path = root / "recordings" / f"{digit}_{speaker}_{take}.wav"
                write_tone(path, hz=300 + 100 * digit, seconds=0.05, sample_rate=8000)
    return root
