"""Three taps against PyTorch's grouped convolution, also where the dilation is longer than the clip."""

import pytest
import torch
from torch.nn import functional

from lightning_sepcl.separation.depthwise import Depthwise


@pytest.mark.parametrize(("frames", "dilation"), [(20, 1), (20, 8), (5, 5), (3, 16), (1, 1)])
def test_equals_a_grouped_convolution(frames, dilation):
    taps, x = Depthwise(4, dilation), torch.randn(2, 4, frames)
    with torch.no_grad():
        taps.bias.normal_()
        expected = functional.conv1d(x, taps.weight[:, None], taps.bias, padding=dilation, dilation=dilation, groups=4)
        torch.testing.assert_close(taps(x), expected, atol=1e-6, rtol=1e-5)
