from __future__ import annotations

import pytest
import torch

from lightning_sepcl.evaluation.separation_scores import SourceScores, source_scores
from lightning_sepcl.evaluation.separation_summary import separation_results


def scores(si_snr, mixture, reference, estimate, estimates=None):
    estimate = torch.tensor(estimate)
    return SourceScores(
        si_snr=torch.tensor(si_snr, dtype=torch.float64),
        mixture_si_snr=torch.tensor(mixture, dtype=torch.float64),
        order=torch.arange(estimate.shape[1]).expand(len(estimate), -1),
        active_reference=torch.tensor(reference),
        active_estimate=estimate,
        estimates=estimate.sum(1) if estimates is None else torch.tensor(estimates),
    )


def figures(*batches):
    return {result.metric: result for result in separation_results(batches, "net", seed=3)}


def test_the_figures_of_a_table_worked_by_hand():
    yes, no = True, False
    first = scores([[30.0, 0.0], [12.0, 6.0]], [[80.0, 0.0], [2.0, -4.0]], [[yes, no], [yes, yes]],
                   [[yes, no], [yes, no]])  # fmt: skip
    second = scores([[9.0, 8.0, 7.0]], [[-1.0, -2.0, -3.0]], [[yes, yes, yes]], [[yes, yes, yes]], estimates=[4])
    found = figures(first, second)
    assert {name: (result.value, result.n) for name, result in found.items()} == {
        "si_snr_1s": (30.0, 1),
        "si_snri_2s": (10.0, 1),  # its second source was not found and does not count
        "si_snri_3s": (10.0, 3),
        "si_snri_ms": (10.0, 4),
        "under_separation": (pytest.approx(1 / 3), 3),
        "equal_separation": (pytest.approx(1 / 3), 3),
        "over_separation": (pytest.approx(1 / 3), 3),
        "si_sdri": (10.0, 2),
        "silent_references": (1.0, 7),
    }
    assert {(result.what, result.seed) for result in found.values()} == {("net", 3)}
    assert found["si_sdri"].chance == 0.0


def test_a_source_that_was_not_found_costs_si_sdri_alone():
    missed = scores([[20.0, -70.0]], [[0.0, 0.0]], [[True, True]], [[True, False]])
    found = figures(missed)
    assert found["si_snri_ms"].value == 20.0
    assert found["si_sdri"].value == -25.0


def test_the_sum_of_sources_gains_nothing():
    """An estimate that is the mixture in every place: improvement 0, which is called chance."""
    sources = torch.randn(3, 2, 400, generator=torch.Generator().manual_seed(0))
    mixture = sources.sum(1, keepdim=True)
    found = figures(source_scores(mixture.expand(-1, 2, -1), sources))
    assert found["si_sdri"].value == pytest.approx(found["si_sdri"].chance, abs=1e-9)


def test_silent_clips_are_left_out_and_told():
    nothing = source_scores(torch.zeros(2, 2, 50), torch.zeros(2, 2, 50))
    assert {name: result.value for name, result in figures(nothing).items()} == {"silent_references": 4.0}
    assert separation_results([], "net") == []
