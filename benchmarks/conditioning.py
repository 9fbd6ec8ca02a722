"""How much conditioning costs: separators that are told what is heard beside those that are not; the classifier by hop.

Networks of the paper's size (TDCN++ of 32 blocks, MobileNet of YAMNet's width), STFT basis, one clip. The work of a
classifier is that of its patches; at hop 1 it exceeds the separator's, which is why the hop is a setting.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from harness import Options, Row, alternately, overhead, run
from torch import nn

from lightning_sepcl.conditioning.conditioned_itdcnpp import ConditionedITDCNpp
from lightning_sepcl.conditioning.conditioned_tdcnpp import ConditionedTDCNpp
from lightning_sepcl.conditioning.description import Description
from lightning_sepcl.conditioning.patch_classifier import PatchClassifier
from lightning_sepcl.separation.itdcnpp import ITDCNpp
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp

SAMPLE_RATE, CLASSES = 16000, 527
SIZE = {"bottleneck": 128, "hidden": 512, "skip_residual": True}
HOPS = (1, 10, 48)
SINGLE_STEP, ITERATIVE_STEP, PATCH_COST = 1.5, 2.5, 1.3
"""Goals: a training step at hop 48 over the unconditioned one's, single and iterative (where the gradient of three
signals goes back through a classifier); and the cost of a patch at hop 1 over that at hop 48, since patches overlap."""


def measure(options: Options) -> list[Row]:
    """Training steps, separation, and the classifier's hops."""
    seconds = 1.0 if options.quick else 3.0
    rounds = options.rounds_or(quick=2, full=5)
    torch.manual_seed(0)
    wave = 0.1 * torch.randn(1, 1, round(seconds * SAMPLE_RATE))
    nets = networks()
    steps = alternately({name: step(net, wave) for name, net in nets.items()}, rounds)
    forward = alternately({name: separation(net, wave) for name, net in nets.items()}, rounds)
    rows = []
    for kind, goal in (("TDCN++", SINGLE_STEP), ("iTDCN++", ITERATIVE_STEP)):
        for what, timings, limit in (("training step", steps, goal), ("separation", forward, None)):
            ours, plain = (1000 * timings[name].median(options.clock) for name in (f"conditioned {kind}", kind))
            name = f"{what}, {seconds:g} s, conditioned {kind}, hop 48, vs unconditioned"
            rows.append(overhead(name, ours, plain, options.milliseconds, limit))
    return rows + hops(wave[:, 0], seconds, options)


def hops(wave: torch.Tensor, seconds: float, options: Options) -> list[Row]:
    """The classifier at each hop, in time per signal and per patch."""
    asked = {hop: classifier(hop) for hop in HOPS}
    timings = alternately({str(h): _asked(c, wave) for h, c in asked.items()}, options.rounds_or(quick=1, full=3))
    per_signal = {hop: 1000 * timings[str(hop)].median(options.clock) for hop in HOPS}
    patches = {hop: 1 + wave.shape[-1] // asked[hop].hop_samples for hop in HOPS}
    rows = [
        Row(f"classifier, {seconds:g} s, hop {h} ({patches[h]} patches)", per_signal[h], options.milliseconds)
        for h in HOPS
    ]
    dense, sparse = (per_signal[h] / patches[h] for h in (HOPS[0], HOPS[-1]))
    return [*rows, overhead("a patch at hop 1 vs at hop 48", dense, sparse, options.milliseconds, PATCH_COST)]


def networks() -> dict[str, nn.Module]:
    """The four contestants, each with weights of its own."""
    return {
        "TDCN++": TDCNpp(2, basis(), **SIZE),
        "conditioned TDCN++": ConditionedTDCNpp(classifier(48), basis=basis(), **SIZE),
        "iTDCN++": ITDCNpp(2, basis(), stop_gradient=False, **SIZE),
        "conditioned iTDCN++": ConditionedITDCNpp(classifier(48), basis=basis(), **SIZE),
    }


def basis() -> STFTBasis:
    """The paper's: 5 ms windows every 2.5 ms."""
    return STFTBasis(80, 40, zero_beginning=True)


def classifier(hop_frames: int) -> PatchClassifier:
    """MobileNet of full width, frozen."""
    parts = {"class": "LogMel", "arguments": {"offset": 0.001}}, {"class": "MobileNet", "arguments": {}}
    return PatchClassifier(Description(*parts, tuple(map(str, range(CLASSES))), SAMPLE_RATE), hop_frames)


def step(net: nn.Module, wave: torch.Tensor) -> Callable[[], object]:
    """A whole training step: forward, a loss in dB, backward, Adam."""
    optimiser = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], 1e-4)

    def turn() -> None:
        optimiser.zero_grad()
        (net(wave) - 0.5 * wave).square().sum((1, 2)).log10().mean().backward()
        optimiser.step()

    return turn


def separation(net: nn.Module, wave: torch.Tensor) -> Callable[[], object]:
    """Separation without gradients."""

    def turn() -> None:
        with torch.no_grad():
            net(wave)

    return turn


def _asked(asked: PatchClassifier, wave: torch.Tensor) -> Callable[[], object]:
    return lambda: asked(wave)


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
