"""Aligned rows and shared buffers."""

import pytest
import torch

from lightning_sepcl.separation.scratch import Scratch, aligned, aligned_empty


@pytest.mark.parametrize("frames", [1, 15, 16, 17, 1999, 7999, 1024, 4096, 8192])
def test_rows_begin_on_cache_lines_but_not_on_pages(frames):
    x = torch.randn(2, 3, frames)
    for made in (aligned_empty(x, 2, 3, frames), aligned(x)):
        assert made.shape == x.shape
        assert made.stride(1) % 16 == 0
        assert made.stride(1) % 1024
    assert torch.equal(aligned(x), x)
    once = aligned(x)
    assert aligned(once) is once


def test_a_buffer_is_made_once_per_name_and_shape():
    scratch, like = Scratch(), torch.zeros(1, dtype=torch.float64)
    first = scratch("a", like, 3, 5)
    assert first.dtype == torch.float64
    assert scratch("a", like, 3, 5) is first
    assert scratch("b", like, 3, 5) is not first
    assert scratch("a", like, 3, 6).shape == (3, 6)
