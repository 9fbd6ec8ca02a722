from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.augment.fade import Fade, _all_at_once

GOLDEN = np.load(Path(__file__).parent.parent / "golden" / "clar" / "waves.npz")
LENGTHS = [(3000, 5000), (7999, 7999), (0, 0), (1, 1)]


def params(curve: list[int], fade_in: list[int], fade_out: list[int]) -> dict[str, torch.Tensor]:
    return {k: torch.tensor(v) for k, v in {"curve": curve, "fade_in": fade_in, "fade_out": fade_out}.items()}


@pytest.mark.parametrize("curve", range(5))
def test_curves_are_the_published_ones(curve):
    given = params([curve] * 4, [i for _, i in LENGTHS], [o for o, _ in LENGTHS])
    faded = Fade().apply(torch.ones(4, 2, 16000), given)
    for row, (out, into) in zip(faded, LENGTHS, strict=True):
        for mic in row:
            np.testing.assert_allclose(mic[::3], GOLDEN[f"fade_{curve}_{out}_{into}"], atol=5e-7)


def test_all_at_once_is_row_by_row():
    plugin = Fade(1.0, "code")
    x = torch.randn(300, 2, 61)
    drawn = plugin.draw(x.shape, torch.Generator().manual_seed(0))
    torch.testing.assert_close(_all_at_once(x, drawn), plugin.apply(x, drawn), atol=1e-6, rtol=0)


def test_curves_and_lengths_are_uniform():
    for variant, curves, longest in (("paper", 3, 50), ("code", 5, 49)):
        drawn = Fade(variant=variant).draw(torch.Size((30_000, 1, 100)), torch.Generator().manual_seed(0))
        for name, values in (("curve", curves), ("fade_in", longest + 1), ("fade_out", longest + 1)):
            counts = torch.bincount(drawn[name])
            assert len(counts) == values
            assert ((counts - 30_000 / values).abs() < 5 * (30_000 / values) ** 0.5).all()
        assert abs(np.corrcoef(drawn["fade_in"], drawn["fade_out"])[0, 1]) < 0.03


def test_a_fade_begins_at_silence_ends_at_silence_and_never_leaps():
    for curve in range(5):
        faded = Fade().apply(torch.ones(1, 1, 4000), params([curve], [2000], [2000]))[0, 0]
        assert faded[0] < 1e-6
        assert faded[-1] < 1e-6
        assert faded.diff().abs().max() < 0.01
        torch.testing.assert_close(faded, faded.flip(0), atol=1e-6, rtol=0)


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_the_shortest_waves(samples):
    for variant in ("paper", "code"):
        out = Fade(1.0, variant)(torch.ones(50, 1, samples), torch.Generator().manual_seed(0))
        assert ((out >= 0) & (out <= 1)).all()


def test_no_share_is_refused():
    with pytest.raises(ValueError, match="Fade"):
        Fade(1.5)
