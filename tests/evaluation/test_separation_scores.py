from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.evaluation.separation_scores import source_scores
from lightning_sepcl.objectives.si_sdr import si_snr

GOLDEN = np.load(Path(__file__).parents[1] / "golden/evaluation/fuss_rules.npz")
COUNTS = {"four": 4, "two_under": 2, "two_over": 2}


def case(name):
    """Sources with silence for those the clip lacks, estimates, and the published evaluation's word on them."""
    sources = torch.from_numpy(GOLDEN["sources"]).clone()
    sources[COUNTS[name] :] = 0
    told = {key.partition("/")[2]: GOLDEN[key] for key in GOLDEN.files if key.startswith(name)}
    return sources, torch.from_numpy(told["separated"]), told


@pytest.mark.parametrize("name", COUNTS)
def test_the_published_evaluation(name):
    sources, separated, told = case(name)
    scores = source_scores(separated[None], sources[None])
    assert np.allclose(scores.si_snr[0], told["sisnr_separated"], atol=1e-4)
    assert np.allclose(scores.mixture_si_snr[0], told["sisnr_mixture"], atol=1e-4)
    assert np.allclose(scores.improvement[0], told["sisnr_improvement"], atol=1e-4)
    assert scores.active_reference[0].tolist() == told["weights_active_refs"].tolist()
    assert scores.active_estimate[0].tolist() == told["weights_active_seps"].tolist()
    assert scores.active_pair[0].tolist() == told["weights_active_pairs"].tolist()
    assert (int(scores.references), int(scores.estimates)) == (told["num_active_refs"], told["num_active_seps"])
    verdict = [told["under_separation"], told["equal_separation"], told["over_separation"]]
    assert [int(scores.excess) < 0, int(scores.excess) == 0, int(scores.excess) > 0] == verdict


def test_a_batch_is_its_rows():
    sources, separated = (torch.stack(x) for x in zip(*(case(name)[:2] for name in COUNTS), strict=True))
    together = source_scores(separated, sources)
    for row in range(len(COUNTS)):
        alone = source_scores(separated[row : row + 1], sources[row : row + 1])
        assert torch.equal(together.order[row], alone.order[0])
        assert torch.allclose(together.si_snr[row], alone.si_snr[0])


def test_as_a_slow_loop_over_orders():
    generator = torch.Generator().manual_seed(3)
    reference = torch.randn(2, 3, 400, generator=generator)
    mixing = torch.rand(2, 3, 3, generator=generator)
    estimate = mixing @ reference
    scores = source_scores(estimate, reference, mixture=reference.sum(1) + 0.1)
    for b in range(2):
        slow = max(
            (
                [si_snr(estimate[b, e], reference[b, r]) for r, e in enumerate(order)]
                for order in permutations(range(3))
            ),
            key=sum,
        )
        assert torch.allclose(scores.si_snr[b].float(), torch.stack(slow), atol=1e-3)
        before = si_snr((reference[b].sum(0) + 0.1).expand(3, -1), reference[b])
        assert torch.allclose(scores.mixture_si_snr[b].float(), before, atol=1e-3)


def test_estimates_that_no_reference_asks_for_are_counted():
    wave = torch.randn(1, 4, 300, generator=torch.Generator().manual_seed(0))
    scores = source_scores(wave, wave[:, 1:3])
    assert scores.order.tolist() == [[1, 2]]
    assert (scores.references.item(), scores.excess.item()) == (2, 2)
    assert scores.si_snr.shape == (1, 2)


def test_a_reference_without_an_estimate_is_not_found():
    wave = torch.randn(1, 3, 300, generator=torch.Generator().manual_seed(0))
    scores = source_scores(wave[:, :2], wave)
    assert scores.order.tolist() == [[0, 1, 2]]
    assert scores.active_pair.tolist() == [[True, True, False]]
    assert scores.excess.item() == -1
    assert scores.si_snr[0, 2].item() == pytest.approx(-80)


def test_a_silent_clip_has_nothing_active():
    scores = source_scores(torch.randn(1, 2, 100, generator=torch.Generator().manual_seed(0)), torch.zeros(1, 2, 100))
    assert (scores.references.item(), scores.estimates.item()) == (0, 0)


def test_zero_mean_forgives_an_offset():
    wave = torch.randn(1, 2, 500, generator=torch.Generator().manual_seed(0))
    wave = wave - wave.mean(-1, keepdim=True)
    assert source_scores(wave + 1, wave).si_snr.max() < 10
    assert source_scores(wave + 1, wave, zero_mean=True).si_snr.min() > 70


def test_more_than_eight_are_refused():
    with pytest.raises(ValueError, match="up to 8"):
        source_scores(torch.zeros(1, 9, 10), torch.zeros(1, 9, 10))
