"""NSynth: single notes of about a thousand instruments, 4 s each, with family, source and pitch."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from lightning_sepcl.data.corpus import FileCorpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.dealing import dealt_out, refuse_shares
from lightning_sepcl.data.listing import listed_files, refuse_repeats, refuse_unknown
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.errors import UserError

log = logging.getLogger(__name__)

PARTS = {"nsynth-train": "train", "nsynth-valid": "val", "nsynth-test": "test"}
FAMILIES = (
    "bass", "brass", "flute", "guitar", "keyboard", "mallet", "organ", "reed", "string", "synth_lead", "vocal",
)  # fmt: skip
SOURCES = ("acoustic", "electronic", "synthetic")
PITCHES = tuple(map(str, range(128)))  # MIDI numbers
FIELDS = {
    "instrument_family": ("instrument_family_str", FAMILIES),
    "instrument_source": ("instrument_source_str", SOURCES),
    "pitch": ("pitch", PITCHES),
}
"""What can be the label: its field in `examples.json`, and its classes in the order of their published numbers."""
SECONDS = 4.0

Labels = Literal["instrument_family", "instrument_source", "pitch"]
Splits = Literal["official", "by_instrument"]


class NSynthCorpus(FileCorpus):
    """The notes that the `examples.json` of each part lists; parts that are absent leave their split empty.

    Args:
        root: the folder with `nsynth-train`, `nsynth-valid` and `nsynth-test`; None takes `$SEPCL_DATA/NSynth`.
        labels: what is the label: the `instrument_family` (11), the `instrument_source` (3) or the MIDI `pitch` (128).
        splits: `official` trains on nsynth-train, validates on nsynth-valid and tests on nsynth-test; `by_instrument`
            puts all notes that are there together and deals them out, each instrument into one split only. Meant for
            a copy that holds only one part.
        val_share: share of the instruments for validation, 0 to 1, if dealt out.
        test_share: share of the instruments for testing, 0 to 1, if dealt out.
        split_seed: another seed deals the instruments out differently.

    Source: J. Engel et al., Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders, 2017.
    """

    name = "nsynth"
    folder, landmark = "NSynth", "nsynth-*/examples.json"
    layout = "nsynth-train, nsynth-valid, nsynth-test or some of them, each with examples.json and audio/"
    url = "https://magenta.tensorflow.org/datasets/nsynth (the json/wav files)"

    def __init__(
        self,
        root: str | None = None,
        *,
        labels: Labels = "instrument_family",
        splits: Splits = "official",
        val_share: float = 0.1,
        test_share: float = 0.1,
        split_seed: int = 0,
    ) -> None:
        super().__init__(root)
        refuse_shares(val_share, test_share)
        self.labels, self.splits = labels, splits
        self.val_share, self.test_share, self.split_seed = val_share, test_share, split_seed

    def manifest(self) -> Manifest:
        """One entry per note, part by part, in the order of their names."""
        present = [part for part in PARTS if (self.root / part).is_dir()]
        entries = [entry for part in present for entry in self._entries(part)]
        refuse_repeats((e.key, f"{self.root / e.path.partition('/')[0]}/examples.json") for e in entries)
        if self.splits == "by_instrument":
            entries = self._dealt_out(entries)
        else:
            self._tell_absent([part for part in PARTS if part not in present])
        return Manifest(tuple(entries), FIELDS[self.labels][1], multi_label=False)

    def _lies_in(self, place: Path) -> bool:
        return any((place / part).is_dir() for part in PARTS)

    def _tell_absent(self, parts: list[str]) -> None:
        if parts:
            log.warning(
                "%s has no %s, so these splits are empty: %s; splits=by_instrument deals out the notes that are there",
                self.root,
                " and no ".join(parts),
                ", ".join(PARTS[part] for part in parts),
            )

    def _entries(self, part: str) -> list[Entry]:
        path, (field, classes) = self.root / part / "examples.json", FIELDS[self.labels]
        notes = sorted(_read_notes(path, (field, "instrument_str")).items())
        files = listed_files(self.root / part / "audio", [name for name, _ in notes], f"{part}/examples.json")
        entries = []
        for (name, note), file in zip(notes, files, strict=True):
            label = str(note[field])
            refuse_unknown([label], classes, f"{path}, note {name}, {field}")
            group = str(note["instrument_str"])
            entries.append(Entry(name, f"{part}/audio/{file}", 0.0, None, (label,), PARTS[part], 0, group=group))
        return entries

    def _dealt_out(self, entries: list[Entry]) -> list[Entry]:
        split = dealt_out((entry.group for entry in entries), self.val_share, self.test_share, self.split_seed)
        return [replace(entry, split=split[entry.group]) for entry in entries]


def _read_notes(path: Path, fields: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Name -> fields of a note, as in the file.

    Raises:
        UserError: no such file, no JSON, not notes, or a note that lacks one of `fields`.
    """
    if not path.is_file():
        raise UserError(f"no file {path}: it is part of NSynth's json/wav archives and says which notes there are")
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path} is no JSON ({error}): unpack it from its archive again") from error
    if not isinstance(notes, dict) or not all(isinstance(note, dict) for note in notes.values()):
        raise UserError(f"{path} should map names of notes to their fields, as in the published file")
    for name, note in notes.items():
        for field in fields:
            if field not in note:
                raise UserError(f"{path}: note {name} lacks the field {field}; it has: {', '.join(note) or 'none'}")
    return notes


class NSynth(AudioDataModule):
    """NSynth for training and evaluation: notes of 4 s, 16 kHz.

    Args:
        root: the folder with `nsynth-train`, `nsynth-valid` and `nsynth-test`; None takes `$SEPCL_DATA/NSynth`.
        labels: what is the label: the `instrument_family` (11), the `instrument_source` (3) or the MIDI `pitch` (128).
        splits: `official`, by the parts' folders, or `by_instrument`, which deals all notes that are there out, each
            instrument into one split only: for a copy that holds only one part.
        val_share: share of the instruments for validation, 0 to 1, if dealt out.
        test_share: share of the instruments for testing, 0 to 1, if dealt out.
        split_seed: another seed deals the instruments out differently.
        clip_seconds: as in `AudioDataModule`.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str | None = None,
        labels: Labels = "instrument_family",
        splits: Splits = "official",
        val_share: float = 0.1,
        test_share: float = 0.1,
        split_seed: int = 0,
        clip_seconds: float | None = SECONDS,
        **kwargs: Any,
    ) -> None:
        corpus = NSynthCorpus(
            root,
            labels=labels,
            splits=splits,
            val_share=val_share,
            test_share=test_share,
            split_seed=split_seed,
        )
        super().__init__(corpus, clip_seconds=clip_seconds, **kwargs)
