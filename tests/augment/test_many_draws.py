"""Ten thousand draws of every waveform augmentation of CLAR (for vocoders among the slow tests, else five hundred):
finite, the same shape, the input untouched."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.augment import Fade, MixedNoise, PitchShift, TimeMask, TimeShift, TimeStretch, WhiteNoise
from lightning_sepcl.augment.base import Augmentation

BATCHES = 50
VOCODERS = (PitchShift, TimeStretch)
PLUGINS = (Fade, MixedNoise, PitchShift, TimeMask, TimeShift, TimeStretch, WhiteNoise)
CASES = [
    *(pytest.param(kind, 10 if kind in VOCODERS else 200, id=kind.__name__) for kind in PLUGINS),
    *(pytest.param(kind, 200, id=f"{kind.__name__}-all", marks=pytest.mark.slow) for kind in VOCODERS),
]
"""Plugin and examples per batch; the checks of types and shapes in tests make vocoders slow."""

WAVES = {
    "noise": lambda shape, g: torch.randn(shape, generator=g),
    "constant": lambda shape, g: torch.full(shape, -0.7),
    "clicks": lambda shape, g: (torch.rand(shape, generator=g) > 0.995).float(),
    "silence": lambda shape, g: torch.zeros(shape),
}


@pytest.mark.parametrize("variant", ["paper", "code"])
@pytest.mark.parametrize(("kind", "examples"), CASES)
def test_no_draw_breaks_it(kind: type[Augmentation], examples: int, variant: str):
    if kind is TimeShift:
        plugin = TimeShift(0.5, wrap=variant == "code")
    else:
        plugin = kind(**({"window_seconds": 0.008} if kind in VOCODERS else {}), variant=variant)
    plugin.prepare(16000)

    @settings(deadline=None, derandomize=True, max_examples=BATCHES)
    @given(
        seed=st.integers(0, 2**31),
        samples=st.sampled_from([1, 2, 17, 128, 400, 701]),
        mics=st.integers(1, 2),
        wave=st.sampled_from(sorted(WAVES)),
        level=st.sampled_from([1e-30, 1e-4, 1.0, 1e4]),
    )
    def drawn(seed, samples, mics, wave, level):
        generator = torch.Generator().manual_seed(seed)
        x = level * WAVES[wave]((examples, mics, samples), generator)
        before = x.clone()
        out = plugin(x, generator)
        assert out.shape == x.shape
        assert torch.isfinite(out).all()
        assert float(out.abs().max()) <= 40 * max(float(x.abs().max()), 1e-2)
        assert torch.equal(x, before)

    drawn()
