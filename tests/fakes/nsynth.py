"""A tiny NSynth: genuine layout and fields, tones of the notes' pitches."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fakes.tone import write_tone

FAMILIES = {"bass": 0, "guitar": 3, "vocal": 10}
SOURCES = {"acoustic": 0, "electronic": 1}
PARTS = ("nsynth-train", "nsynth-valid", "nsynth-test")


def write_nsynth(
    root: Path, parts: tuple[str, ...] = PARTS, instruments: int = 2, pitches: tuple[int, ...] = (60, 69)
) -> Path:
    """In each part so many instruments of three families, each with these MIDI pitches."""
    for part in parts:
        notes = {}
        for family in FAMILIES:
            for number in range(instruments):
                instrument = f"{family}_acoustic_{100 * PARTS.index(part) + number:03d}"
                for pitch in pitches:
                    note = f"{instrument}-{pitch:03d}-075"
                    notes[note] = fields(note, instrument, family, pitch)
                    hz = 440 * 2 ** ((pitch - 69) / 12)
                    write_tone(root / part / "audio" / f"{note}.wav", hz=hz, seconds=0.2)
        (root / part / "examples.json").write_text(json.dumps(notes, indent=1))
    return root


def fields(note: str, instrument: str, family: str, pitch: int, source: str = "acoustic") -> dict[str, object]:
    """What `examples.json` tells of a note."""
    return {
        "instrument": 1,
        "instrument_family": FAMILIES[family],
        "instrument_family_str": family,
        "instrument_source": SOURCES[source],
        "instrument_source_str": source,
        "instrument_str": instrument,
        "note": 1,
        "note_str": note,
        "pitch": pitch,
        "qualities": [0] * 10,
        "qualities_str": [],
        "sample_rate": 16000,
        "velocity": 75,
    }
