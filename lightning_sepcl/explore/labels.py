"""What is heard in a recording over time: probabilities of a classifier, block by block, and spans that stand out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.conditioning.base import Classifier
from lightning_sepcl.explore.stream import audio_blocks

FRAMES_AT_ONCE = 256
MOST_COLUMNS = 480
"""Points in time of a track; more are not seen."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which a class is heard.

    Attributes:
        label: the class.
        start: seconds.
        end: seconds.
        probability: the highest within it.
    """

    label: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class LabelTracks:
    """What is heard in one recording.

    Attributes:
        classes: of the classifier.
        probability: (class, column) the highest within each of the columns, which divide the recording evenly.
        seconds: length of the recording.
        spans: where a class was at or above the threshold, in order of time.
    """

    classes: tuple[str, ...]
    probability: Float32[Array, "class column"]
    seconds: float
    spans: tuple[Span, ...]

    def loudest(self, count: int) -> list[tuple[str, float]]:
        """The classes with the highest probabilities, and these; the highest first."""
        best = self.probability.max(1)
        return [(self.classes[i], float(best[i])) for i in np.argsort(-best, kind="stable")[:count]]


def label_file(classifier: Classifier, path: Path, samples: int, threshold: float) -> LabelTracks:
    """The labels of a file of any rate and length; memory grows with its spans alone.

    Args:
        classifier: with classes, on the device that is to do the work.
        path: whatever libsndfile reads.
        samples: its length at the classifier's rate, about.
        threshold: probability from which a class counts as heard.

    Raises:
        UnreadableAudio: missing, empty, damaged, NaN or infinite samples.
    """
    hop = classifier.hop_samples / classifier.sample_rate
    frames = 1 + samples // classifier.hop_samples
    columns = min(MOST_COLUMNS, frames)
    track = np.zeros((len(classifier.classes), columns), np.float32)
    open_spans, spans, frame = _OpenSpans(classifier.classes, threshold), list[Span](), 0
    blocks = (torch.from_numpy(block[0]) for block in audio_blocks(path, classifier.sample_rate))
    for logits in frame_logits(classifier, blocks):
        for values in logits.sigmoid().T.numpy():
            column = min(columns - 1, frame * columns // frames)
            track[:, column] = np.maximum(track[:, column], values)
            spans += open_spans.add(values, max(0.0, (frame - 0.5) * hop))
            frame += 1
    seconds = samples / classifier.sample_rate
    spans += open_spans.end(seconds)
    return LabelTracks(classifier.classes, track, seconds, tuple(sorted(spans, key=lambda s: (s.start, s.label))))


@torch.no_grad()
def frame_logits(classifier: Classifier, blocks: Iterable[Tensor]) -> Iterator[Tensor]:
    """Logits (class, frame) of a wave that arrives in blocks, some frames at a time; together those of the whole wave.

    Args:
        classifier: on any device.
        blocks: consecutive samples, full scale 1.
    """
    hop = classifier.hop_samples
    context = -(-classifier.reach_samples // hop)  # frames whose samples reach into their neighbours' patches
    device = next((p.device for p in classifier.parameters()), torch.device("cpu"))
    held, first, done = torch.zeros(0), 0, 0  # samples from frame `first` on; frames before `done` were given

    def frames(stop: int) -> Tensor:
        logits: Tensor = classifier(held[None].to(device))[0].cpu()
        return logits[:, done - first : stop - first]

    for block in blocks:
        held = torch.cat([held, block])
        while first + len(held) // hop >= done + FRAMES_AT_ONCE + context:
            stop = done + FRAMES_AT_ONCE
            whole, held = held, held[: (stop + context - first) * hop]
            yield frames(stop)
            drop = max(0, stop - context - first)
            held, first, done = whole[drop * hop :], first + drop, stop
    if len(held):
        yield frames(first + 1 + len(held) // hop)


class _OpenSpans:
    """Follows every class from where it rises over the threshold to where it falls below."""

    def __init__(self, classes: Sequence[str], threshold: float) -> None:
        self.classes, self.threshold = classes, threshold
        self.heard: dict[int, tuple[float, float]] = {}

    def add(self, values: Float32[Array, " class"], time: float) -> list[Span]:
        """The spans that end at `time`, where a frame with these probabilities begins."""
        above = set(np.flatnonzero(values >= self.threshold).tolist())
        ended = [self._span(i, time) for i in list(self.heard) if i not in above]
        for i in above:
            start, best = self.heard.get(i, (time, 0.0))
            self.heard[i] = start, max(best, float(values[i]))
        return ended

    def end(self, time: float) -> list[Span]:
        """The spans that last to the end."""
        return [self._span(i, time) for i in list(self.heard)]

    def _span(self, i: int, time: float) -> Span:
        start, best = self.heard.pop(i)
        return Span(self.classes[i], start, max(start, time), best)
