"""What `sepcl separate --labels` adds: the labels of a recording and of its channels, as words, a table and a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.conditioning.conditioned import ConditionedSeparator
from lightning_sepcl.conditioning.patch_classifier import PatchClassifier
from lightning_sepcl.conditioning.saved_classifier import SavedClassifier
from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.labels import LabelTracks, label_file
from lightning_sepcl.explore.separate import SeparatedFile
from lightning_sepcl.explore.stream import audio_blocks
from lightning_sepcl.report.labels_page import LENGTHS_SECONDS, LabelledSound, write_labels_page
from lightning_sepcl.report.separation_picture import spectrogram
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.whole_file import whole_text

HOP_FRAMES = 10
"""Asked ten times a second with features of the usual 10 ms."""
THRESHOLD = 0.3
TRACKS = 5


@dataclass(frozen=True, slots=True)
class Labelled:
    """A recording or a channel with what is heard in it.

    Attributes:
        name: `recording`, `channel 1`, ...
        path: of the file.
        tracks: over time.
    """

    name: str
    path: Path
    tracks: LabelTracks

    def told(self) -> str:
        """The labels in words."""
        if self.tracks.spans:
            found = {span.label for span in self.tracks.spans}
            best = [label for label, _ in self.tracks.loudest(len(self.tracks.classes)) if label in found][:TRACKS]
            return "; ".join(f"{label} {self._times(label)}" for label in best)
        label, probability = self.tracks.loudest(1)[0]
        return f"nothing for sure; most like {label} ({100 * probability:.0f} %)"

    def _times(self, label: str) -> str:
        spans = [span for span in self.tracks.spans if span.label == label]
        best = max(span.probability for span in spans)
        shown = ", ".join(f"{span.start:.1f}–{span.end:.1f} s" for span in spans[:3])
        more = f" and {len(spans) - 3} more" if len(spans) > 3 else ""
        return f"{shown}{more} ({100 * best:.0f} %)"


def labeller(separator: Separator, file: Path | None, device: torch.device) -> PatchClassifier:
    """The classifier that names what is in the channels: of the file, or the separator's own.

    Raises:
        UserError: there is none, or it has no classes.
    """
    classifier = SavedClassifier(str(file)) if file else getattr(separator, "classifier", None)
    if not isinstance(classifier, PatchClassifier):
        raise UserError(
            "--labels needs a classifier, and this separator has none in it: name one with --classifier FILE, as "
            "`sepcl save-classifier` writes them"
        )
    if not classifier.classes:
        told = "this file holds" if file else "this separator is conditioned by"
        raise UserError(f"--labels needs classes, and {told} an encoder without any: name another with --classifier")
    if file and isinstance(separator, ConditionedSeparator) and separator.classifier.classes:
        separator.classifier.refuse_other_classes(classifier.classes)
    return classifier.to(device).at_hop(HOP_FRAMES)


def label_channels(done: SeparatedFile, classifier: PatchClassifier, threshold: float) -> list[Labelled]:
    """The labels of the recording, then of each channel."""
    samples = round(done.seconds * classifier.sample_rate)
    files = [("recording", done.path), *((f"channel {i}", c.path) for i, c in enumerate(done.channels, 1))]
    return [Labelled(name, path, label_file(classifier, path, samples, threshold)) for name, path in files]


def write_labels(path: Path, found: Sequence[Labelled]) -> None:
    """A CSV with a line for each span."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("sound", "label", "start_seconds", "end_seconds", "probability"))
    for one in found:
        for span in one.tracks.spans:
            times = (f"{span.start:.2f}", f"{span.end:.2f}", f"{span.probability:.3f}")
            writer.writerow((one.name, span.label, *times))
    whole_text(path, text.getvalue())


def write_page(path: Path, done: SeparatedFile, found: Sequence[Labelled], facts: Sequence[str]) -> None:
    """The page beside the channels; its players hold the beginning of long recordings."""
    sounds = []
    for one in found:
        rate = done.separator_rate
        seen = spectrogram((block[0] for block in audio_blocks(one.path, rate)), done.samples, rate)
        drawn = [one.tracks.classes.index(label) for label, _ in one.tracks.loudest(TRACKS)]
        labels = {one.tracks.classes[i]: one.tracks.probability[i] for i in drawn}
        sounds.append(LabelledSound(one.name, seen, labels, one.told(), _beginning(one.path, rate), rate))
    write_labels_page(path, done.path.name, sounds, facts)


def _beginning(path: Path, rate: int) -> Float32[Array, " sample"]:
    """As much as the page's players can hold at most."""
    most, held = round(LENGTHS_SECONDS[0] * rate), 0
    parts: list[Float32[Array, " _"]] = []
    for block in audio_blocks(path, rate):
        parts.append(block[0])
        held += len(block[0])
        if held >= most:
            break
    wave: Float32[Array, " sample"] = np.concatenate(parts)[:most]
    return wave
