"""A tiny Speech Commands v0.02: genuine layout, three words and the background noise."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.tone import write_tone

SPEAKERS = ("563aa4e6", "82b99576", "c50f55b8")


def write_speech_commands(root: Path) -> Path:
    """The first speaker is for testing, the second for validation."""
    for i, word in enumerate(("one", "zero", "yes")):
        for speaker in SPEAKERS:
            write_tone(root / word / f"{speaker}_nohash_0.wav", hz=300 + 100 * i, seconds=0.1)
    write_tone(root / "_background_noise_" / "white_noise.wav")
    for name, speaker in (("testing_list.txt", SPEAKERS[0]), ("validation_list.txt", SPEAKERS[1])):
        (root / name).write_text("".join(f"{word}/{speaker}_nohash_0.wav\n" for word in ("one", "yes", "zero")))
    return root
