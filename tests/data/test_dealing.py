from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.data.dealing import drawn, place, refuse_share

NAMES = [f"clip{i}" for i in range(4000)]


def test_a_place_is_the_beginning_of_the_hash():
    digits = hashlib.sha256(b"3/dog").hexdigest()[:16]
    assert place("dog", seed=3) == int(digits, 16) / 16**16


def test_places_are_spread_evenly_and_differ_between_seeds():
    held_out = [sum(place(name, seed) < 0.05 for name in NAMES) for seed in (0, 1)]
    assert all(150 < count < 250 for count in held_out)  # 200 +- 3.6 standard deviations of 13.8
    assert drawn(NAMES, 0.05, 0) != drawn(NAMES, 0.05, 1)


@settings(deadline=None)
@given(st.sets(st.text(max_size=5), max_size=30), st.floats(0, 1), st.integers(0, 5))
def test_drawn_is_an_exact_share_that_grows_in_one_order(names, share, seed):
    chosen = drawn(names, share, seed)
    assert len(chosen) == round(share * len(names))
    assert chosen <= names
    assert chosen == drawn(sorted(names, reverse=True), share, seed)
    assert chosen <= drawn(names, 1.0, seed)
    assert drawn(names, share / 2, seed) <= chosen


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(ValueError, match=r"val_share=.* should be a share between 0 and 1"):
        refuse_share("val_share", share)
