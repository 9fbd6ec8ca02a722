from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.explore.windows import Tiles, Windows, repeated


def cut(cutter, samples, block):
    """Starts and waves of all pieces of a ramp that comes in blocks, two channels."""
    wave = np.stack([np.arange(samples), -np.arange(samples)]).astype(np.float32)
    pieces = [p for i in range(0, samples, block) for p in cutter.add(wave[:, i : i + block])]
    return wave, [*pieces, *cutter.end()]


@pytest.mark.parametrize(
    ("samples", "length", "hop", "starts"),
    [
        (30, 10, 10, [0, 10, 20]),
        (31, 10, 10, [0, 10, 20]),  # a tenth of a window left over: not worth one
        (32, 10, 10, [0, 10, 20, 22]),  # the last one ends with the file
        (12, 10, 5, [0, 2]),
        (15, 10, 5, [0, 5]),
        (7, 10, 10, [0]),
        (10, 10, 10, [0]),
        (45, 10, 20, [0, 20, 35]),
        (40, 10, 20, [0, 20]),  # what lies in a gap that was asked for is not covered
    ],
)
@pytest.mark.parametrize("block", [1, 4, 100])
def test_windows_start_where_they_should(samples, length, hop, starts, block):
    wave, pieces = cut(Windows(length, hop), samples, block)
    assert [p.start for p in pieces] == starts
    for piece in pieces:
        assert np.array_equal(piece.wave, wave[:, piece.start : piece.start + length])


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.integers(1, 200), st.integers(1, 40), st.integers(1, 60), st.integers(1, 70))
def test_blocks_change_nothing_and_every_sample_is_covered(samples, length, hop, block):
    _, pieces = cut(Windows(length, hop), samples, block)
    _, at_once = cut(Windows(length, hop), samples, samples)
    assert [p.start for p in pieces] == [p.start for p in at_once]
    assert all(np.array_equal(a.wave, b.wave) for a, b in zip(pieces, at_once, strict=True))
    assert {p.wave.shape[1] for p in pieces} == {min(samples, length)}
    if hop <= length:
        covered = np.zeros(samples, bool)
        for piece in pieces:
            covered[piece.start : piece.start + length] = True
        assert (~covered).sum() <= 0.1 * length


@pytest.mark.parametrize("block", [3, 100])
def test_tiles_are_filled_up(block):
    wave, pieces = cut(Tiles(10, 8), 20, block)
    assert [p.start for p in pieces] == [0, 8, 16]
    assert np.array_equal(pieces[1].wave, wave[:, 8:18])
    assert np.array_equal(pieces[2].wave[:, :4], wave[:, 16:])
    assert not pieces[2].wave[:, 4:].any()


def test_no_more_is_held_than_needed():
    cutter = Windows(10, 10)
    for _ in range(100):
        list(cutter.add(np.ones((1, 25), np.float32)))
        assert cutter._held.shape[1] <= 20


def test_what_is_short_is_repeated():
    wave = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert repeated(wave, 7).tolist() == [[0, 1, 2, 0, 1, 2, 0], [3, 4, 5, 3, 4, 5, 3]]
    assert repeated(wave, 3) is wave
    assert repeated(wave, 2) is wave
