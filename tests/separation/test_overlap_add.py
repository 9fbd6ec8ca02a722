"""Overlap-add against a loop over frames."""

import pytest
import torch

from lightning_sepcl.separation.overlap_add import overlap_add


@pytest.mark.parametrize(("window", "hop"), [(4, 2), (5, 2), (3, 3), (7, 1), (40, 20)])
@pytest.mark.parametrize("count", [1, 2, 9])
def test_equals_a_loop(window, hop, count):
    frames = torch.randn(2, 3, count, window)
    expected = torch.zeros(2, 3, (count - 1) * hop + window)
    for t in range(count):
        expected[..., t * hop : t * hop + window] += frames[..., t, :]
    torch.testing.assert_close(overlap_add(frames, hop), expected)
