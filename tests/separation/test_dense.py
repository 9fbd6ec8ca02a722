"""The dense layer against PyTorch's own."""

import torch
from torch.nn import functional

from lightning_sepcl.separation.dense import Dense


def test_equals_a_convolution_of_one_tap_times_its_factor():
    dense, x = Dense(5, 7, bias=True, scale=0.5), torch.randn(3, 5, 11)
    with torch.no_grad():
        dense.bias.normal_()
        expected = 0.5 * functional.conv1d(x, dense.weight[..., None], dense.bias)
        torch.testing.assert_close(dense(x), expected)


def test_frames_stay_contiguous_in_training():
    x = torch.randn(3, 5, 11, requires_grad=True)
    assert Dense(5, 7, bias=True)(x).is_contiguous()


def test_bias_and_factor_exist_only_where_asked_for():
    assert [name for name, _ in Dense(5, 7).named_parameters()] == ["weight"]
