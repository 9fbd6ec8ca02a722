from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lightning_sepcl.ledger.interval import mean, standard_deviation, t_interval, t_quantile


@pytest.mark.parametrize("freedom", [*range(1, 12), 30, 101, 500])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
def test_quantile_is_that_of_scipy(freedom, level):
    assert t_quantile(freedom, level) == pytest.approx(stats.t.ppf((1 + level) / 2, freedom), rel=1e-9)


def test_interval_is_that_of_scipy():
    values = [0.31, 0.42, 0.35, 0.29, 0.4]
    got = t_interval(values)
    low, high = stats.t.interval(0.95, 4, loc=np.mean(values), scale=stats.sem(values))
    assert (got.mean, got.low, got.high) == pytest.approx((np.mean(values), low, high), rel=1e-12)


def test_interval_holds_the_true_mean_in_95_of_100_samples():
    rng = np.random.default_rng(0)
    inside = [i.low < 2.0 < i.high for i in (t_interval(list(map(float, s))) for s in rng.normal(2.0, 3.0, (1500, 4)))]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)  # 3.5 standard errors


def test_spread_needs_two_values():
    assert np.isnan(standard_deviation([1.0]))
    assert np.isnan(mean([]))
    assert standard_deviation([1.0, 2.0, 4.0]) == pytest.approx(np.std([1, 2, 4], ddof=1))
    with pytest.raises(ValueError, match="at least two"):
        t_interval([1.0])
