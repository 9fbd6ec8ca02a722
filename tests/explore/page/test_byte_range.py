from __future__ import annotations

import pytest

from lightning_sepcl.explore.page.byte_range import UnsatisfiableRange, byte_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=0-", range(10)),
        ("bytes=3-100", range(3, 10)),
        ("bytes=-4", range(6, 10)),
        ("bytes=-100", range(10)),
        ("bytes=9-9", range(9, 10)),
        (None, None),
        ("bytes=0-1,3-4", None),
        ("bytes=5-3", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("lines=1-2", None),
    ],
)
def test_a_range_is_that_of_the_standard(header, expected):
    assert byte_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_what_lies_behind_the_end_is_refused(header):
    with pytest.raises(UnsatisfiableRange):
        byte_range(header, 10)


def test_nothing_of_an_empty_body_can_be_had():
    with pytest.raises(UnsatisfiableRange):
        byte_range("bytes=0-", 0)
