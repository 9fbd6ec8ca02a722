"""Every method as a small case: how it is built, on which clips. For tests on two processes and in low precision."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from lightning_sepcl.conditioning import ConditionedITDCNpp
from lightning_sepcl.encoders import CRNN, SmallCNN
from lightning_sepcl.features import LogMel, LogMelGCC
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.heads import ProjectionHead
from lightning_sepcl.methods import (
    CLAR,
    CoincidencePrediction,
    ConditionedSeparation,
    EventLocalisation,
    Joint,
    MCSimCLR,
    MixITSeparation,
    PITSeparation,
    SimCLR,
    Supervised,
)
from lightning_sepcl.methods.learner import Learner
from lightning_sepcl.objectives import GuidedCrossEntropy, NTXent
from lightning_sepcl.records import Batch
from lightning_sepcl.separation import ITDCNpp, STFTBasis, TDCNpp
from lightning_sepcl.views.base import ViewDraw, ViewMaker
from tests.fakes.classifier import small_classifier
from tests.fakes.rooms import far_field

CLIPS, SAMPLES, STEP = 8, 9600, 2400
SGD = {"optimizer": lambda p: torch.optim.SGD(p, lr=0.0)}


class FixedStarts(ViewMaker):
    """View k begins 0.15 s after view k - 1 and is 0.3 s long: nothing is drawn."""

    def __init__(self, views: int) -> None:
        self.views = views

    def prepare(self, feature, sample_rate):
        self.crop_samples = SAMPLES - (self.views - 1) * STEP if self.views > 1 else SAMPLES // 2

    def draw(self, length, sources, generator):
        start = torch.arange(self.views).expand(len(length), -1) * STEP
        return ViewDraw(torch.zeros_like(start), start)


@dataclass(frozen=True)
class Case:
    """A method on clips.

    Attributes:
        build: makes it, always with the same weights.
        batch: of 8 clips.
        joined: whether two processes with half of the clips each are to compute what one does with all of them; else
            the mean of what each computes alone.
    """

    build: Callable[[], Learner]
    batch: Callable[[], Batch]
    joined: bool = True


def waves(sources: int = 0, labelled: Callable[[int], bool] = lambda i: True) -> Batch:
    """Tones in noise, each clip its own; with `sources` the tones alone as well."""
    time = torch.arange(SAMPLES) / 16000
    noise = torch.randn(CLIPS, max(1, sources), SAMPLES, generator=torch.Generator().manual_seed(0))
    pitch = 200 * 1.2 ** torch.arange(CLIPS * max(1, sources)).reshape(CLIPS, -1, 1)
    parts = torch.sin(2 * math.pi * pitch * time) * 0.2 + 0.03 * noise
    wave = torch.cat([parts.sum(1, keepdim=True), parts], 1) if sources else parts
    known = torch.tensor([labelled(i) for i in range(CLIPS)])
    return _batch(wave[:, :, None], known)


def rooms() -> Batch:
    """Noise from all around, four microphones."""
    azimuth = torch.arange(CLIPS) * 360 / CLIPS - 170
    wave = torch.stack([far_field(float(a), SAMPLES, i) for i, a in enumerate(azimuth)])[:, None]
    return _batch(wave, torch.ones(CLIPS, dtype=torch.bool), torch.stack([azimuth, 0 * azimuth, 1 + 0 * azimuth], 1))


def _batch(wave: Tensor, known: Tensor, direction: Tensor | None = None) -> Batch:
    target = torch.eye(2)[torch.arange(CLIPS) % 2] * known[:, None]
    keys = tuple(f"clip {i}" for i in range(CLIPS))
    return Batch(wave, torch.full((CLIPS,), SAMPLES), target, known, torch.arange(CLIPS), keys, direction)


def half(batch: Batch, rank: int) -> Batch:
    """The first or the second half of the clips."""
    rows = range(CLIPS // 2) if rank == 0 else range(CLIPS // 2, CLIPS)
    own = (getattr(batch, f.name) for f in fields(batch))
    return Batch(*(v if v is None else v[rows.start : rows.stop] for v in own))


def learner(method, views=2, **kwargs):
    """Builder of a method on log-mel features with batch norm in its encoder."""

    def build():
        torch.manual_seed(0)
        front = FrontEnd(FixedStarts(views), LogMel(bins=32), standardise=False)
        encoder = SmallCNN(dim=8, widths=[4, 8])
        return method(front, encoder, class_names=("odd", "even"), **SGD, **kwargs)

    return build


def spatial(method, views, **kwargs):
    """The same for several microphones."""

    def build():
        torch.manual_seed(0)
        feature = LogMelGCC(hop_seconds=0.02, n_fft=512, bins=32)
        front = FrontEnd(FixedStarts(views), feature, standardise=False)
        encoder = CRNN(dim=8, widths=(4, 4), pooling=((4, 2), (4, 2)), bins=32)
        return method(front, encoder, class_names=("odd", "even"), **SGD, **kwargs)

    return build


def separation(method, kind, **kwargs):
    """A small separator in training."""

    def build():
        torch.manual_seed(0)
        network = kind(2, STFTBasis(128, 64, True), bottleneck=8, hidden=12, repeats=1, blocks=2)
        return method(network, **SGD, **kwargs)

    return build


def conditioned():
    """Both stages, with everything of the classifier in training and guided."""
    torch.manual_seed(0)
    classifier = small_classifier(20, fine_tuned=3)
    size = {"bottleneck": 8, "hidden": 12, "repeats": 1, "blocks": 2, "width": 4}
    network = ConditionedITDCNpp(classifier, basis=STFTBasis(128, 64, True), **size)
    return ConditionedSeparation(network, guidance=GuidedCrossEntropy(), **SGD)


def gathered():
    """Negatives from all processes."""
    return NTXent(0.3, "gathered")


def normed(dim):
    """A head with batch norm of its own."""
    return ProjectionHead(dim, hidden=8, out=6, norm="batch")


CASES = {
    "SimCLR": Case(learner(SimCLR, head=normed, objective=gathered()), waves),
    "SimCLR, local": Case(learner(SimCLR), waves, joined=False),
    "coincidence": Case(learner(CoincidencePrediction, pairs="gathered"), waves),
    "coincidence, local": Case(learner(CoincidencePrediction), waves, joined=False),
    "joint": Case(learner(Joint, 4, objective=gathered(), pairs="gathered"), waves),
    "joint, local": Case(learner(Joint, 2), waves, joined=False),
    "CLAR": Case(learner(CLAR, objective=gathered(), variant="code"), waves),
    "CLAR, few labels": Case(learner(CLAR), lambda: waves(labelled=lambda i: i in (0, 1, 5)), joined=False),
    "CLAR, no label in one half": Case(learner(CLAR), lambda: waves(labelled=lambda i: i < 2), joined=False),
    "supervised": Case(learner(Supervised, 1), waves),
    "MC-SimCLR": Case(spatial(MCSimCLR, 2, objective=NTXent(0.1, "gathered")), rooms),
    "event localisation": Case(spatial(EventLocalisation, 1, encoder_gradient=0.1), rooms),
    "event localisation, frozen": Case(spatial(EventLocalisation, 1, encoder_gradient=0.0), rooms),
    "PIT": Case(separation(PITSeparation, TDCNpp), lambda: waves(sources=2)),
    "PIT, iterative": Case(separation(PITSeparation, ITDCNpp), lambda: waves(sources=2)),
    "MixIT": Case(separation(MixITSeparation, TDCNpp), waves),
    "conditioned separation": Case(conditioned, lambda: waves(sources=2)),
}
