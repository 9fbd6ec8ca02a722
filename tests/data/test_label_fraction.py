"""Which clips tell their labels: the right number, by seed, nested, and no class left out in silence."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.data.label_fraction import refuse_fraction, telling
from lightning_sepcl.data.manifest import Entry
from lightning_sepcl.errors import UserError


def entries(*counts, unlabelled=0):
    """So many clips of class 0, of class 1, ..."""
    labels = [(str(c),) for c, count in enumerate(counts) for _ in range(count)] + [()] * unlabelled
    return [Entry(f"clip {i}", f"{i}.wav", 0.0, None, label, "train", 0) for i, label in enumerate(labels)]


def per_class(clips, told):
    return Counter(entry.labels[0] for entry in clips if entry.key in told)


def test_a_share_of_all_clips():
    clips = entries(300, 100, unlabelled=50)
    told = telling(clips, 0.2, stratified=False, seed=0)
    assert len(told) == 80  # of the 400 labelled ones
    assert told <= {entry.key for entry in clips if entry.labels}


def test_a_share_of_each_class_and_one_clip_at_least():
    clips = entries(300, 100, 7)
    assert per_class(clips, telling(clips, 0.2, stratified=True, seed=0)) == {"0": 60, "1": 20, "2": 1}
    assert per_class(clips, telling(clips, 0.001, stratified=True, seed=0)) == {"0": 1, "1": 1, "2": 1}


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10**6), stratified=st.booleans())
def test_a_smaller_share_is_part_of_a_larger_one_and_the_order_of_clips_is_nothing(seed, stratified):
    clips = entries(200, 200)
    small, large = (telling(clips, share, stratified, seed) for share in (0.1, 0.5))
    assert small < large
    assert small == telling(clips[::-1], 0.1, stratified, seed)


def test_seeds_draw_other_clips():
    clips = entries(200, 200)
    assert telling(clips, 0.1, False, 0) != telling(clips, 0.1, False, 1)


def test_several_classes_a_clip():
    clips = [Entry(str(i), f"{i}.wav", 0.0, None, ("a", "b"), "train", 0) for i in range(10)]
    assert len(telling(clips, 0.1, True, 0)) == 1


def test_a_class_left_without_any_is_one_sentence():
    with pytest.raises(
        UserError,
        match=r"label_fraction=0.01 draws 1 of 100 labelled clips and leaves 3 of 4 classes without any \(.*\): "
        "set label_stratified=true, or a larger label_fraction",
    ):
        telling(entries(25, 25, 25, 25), 0.01, False, 0)


@pytest.mark.parametrize("fraction", [0.0, -0.1, 1.5, float("nan")])
def test_what_is_no_share_is_refused(fraction):
    with pytest.raises(ValueError, match="should lie above 0 and be at most 1; to train without labels"):
        refuse_fraction(fraction)


def test_without_labels_nothing_is_told():
    assert telling(entries(unlabelled=5), 0.5, False, 0) == frozenset()
