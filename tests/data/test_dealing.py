from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.data.dealing import dealt_out, drawn, place, refuse_share, refuse_shares

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


@settings(deadline=None)
@given(st.sets(st.text(max_size=5), max_size=30), st.floats(0, 0.5), st.floats(0, 0.5), st.integers(0, 5))
def test_every_name_is_dealt_into_one_split(names, val, test, seed):
    split = dealt_out(names, val, test, seed)
    held = {part: {name for name in names if split[name] == part} for part in ("train", "val", "test")}
    assert sum(map(len, held.values())) == len(names)
    assert held["test"] == drawn(names, test, seed)  # whatever else is held out
    assert len(held["val"]) == min(round(val * len(names)), len(names) - len(held["test"]))
    assert split == dealt_out(sorted(names, reverse=True), val, test, seed)


def test_shares_that_leave_less_than_nothing_are_refused():
    refuse_shares(0.5, 0.5)
    with pytest.raises(ValueError, match=r"val_share \+ test_share=1\.2 should be"):
        refuse_shares(0.6, 0.6)
    with pytest.raises(ValueError, match=r"test_share=-0\.1 should be"):
        refuse_shares(0.6, -0.1)
