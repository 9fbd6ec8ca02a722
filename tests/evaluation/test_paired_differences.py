"""Differences on the same mixtures, and the file they are read from."""

import pytest

from lightning_sepcl.errors import UserError
from lightning_sepcl.evaluation.mixture_scores import MixtureScore, read_mixture_scores, write_mixture_scores
from lightning_sepcl.evaluation.paired_differences import paired_difference


def scores(*values):
    return [MixtureScore("test", f"m{i}", "separator", value) for i, value in enumerate(values)]


def test_the_difference_is_taken_on_the_same_mixture():
    base = [scores(1.0, 5.0, 9.0)] * 3
    ours = [list(reversed(scores(2.0, 5.0, 11.0))), scores(2.5, 5.5, 11.5), scores(1.5, 4.5, 10.5)]
    found = paired_difference(ours, base)
    assert (found.mixtures, found.seeds) == (3, 3)
    assert found.over_mixtures.mean == pytest.approx(1.0)  # of 1, 0 and 2
    # t of 2 degrees 4.3027 times sqrt(1 / 3)
    assert found.over_mixtures.high == pytest.approx(1 + 4.3027 / 3**0.5, abs=1e-3)
    assert found.over_seeds.mean == pytest.approx(1.0)  # of 1, 1.5 and 0.5
    assert found.over_seeds.low == pytest.approx(1 - 4.3027 * 0.5 / 3**0.5, abs=1e-3)
    assert found.better == pytest.approx(2 / 3)


def test_two_seeds_have_no_interval():
    assert paired_difference([scores(1.0, 2.0)] * 2, [scores(0.0, 1.0)] * 2).over_seeds is None


def test_other_mixtures_are_refused():
    with pytest.raises(UserError, match="judged different mixtures"):
        paired_difference([scores(1.0, 2.0)], [scores(1.0, 2.0, 3.0)])
    with pytest.raises(UserError, match="fewer than two"):
        paired_difference([scores(1.0)], [scores(1.0)])


def test_what_is_read_is_what_was_written(tmp_path):
    path = tmp_path / "mixtures.csv"
    write_mixture_scores(path, scores(1.25, -3.5))
    assert read_mixture_scores(path) == scores(1.25, -3.5)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="should have the columns split, mixture, what, si_sdri"):
        read_mixture_scores(path)
    with pytest.raises(UserError, match="cannot read"):
        read_mixture_scores(tmp_path / "absent.csv")
