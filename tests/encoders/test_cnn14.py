"""CNN14: the counts of weights of the paper's encoder, and a start from which cosines can learn."""

import itertools

import pytest
import torch
from torch.nn import functional

from lightning_sepcl.encoders import CNN14


def weights(**kwargs):
    with torch.device("meta"):
        return sum(p.numel() for p in CNN14(**kwargs).parameters())


@pytest.mark.parametrize(
    ("kwargs", "expected"),
    [
        ({}, 75_731_520),  # the paper's "76M weights"
        ({"dim": 1024}, 77_567_424),
        ({"norm": "batch"}, 75_739_584),  # each block's bias gives way to a gain and a shift
        ({"channels": 3}, 75_731_520 + 2 * 9 * 64),
    ],
)
def test_number_of_weights(kwargs, expected):
    assert weights(**kwargs) == expected


@pytest.mark.parametrize(("width", "millions"), [(1 / 2, 19.00), (1 / 4, 4.78), (1 / 8, 1.213), (1 / 16, 0.312)])
def test_number_of_weights_of_narrow_ones(width, millions):
    assert weights(width=width) / 1e6 == pytest.approx(millions, abs=0.005 if millions > 2 else 0.0005)


def counted(w, dim):
    """The sum over layers of kernel × inputs × outputs + biases, by hand."""
    pairs = [(1, w[0]), *itertools.pairwise(w)]
    return sum(9 * a * b + b + 9 * b * b + b for a, b in pairs) + w[-1] * dim + dim


@pytest.mark.parametrize("divisor", [1, 2, 4, 8, 16])
def test_width_divides_every_block(divisor):
    assert weights(width=1 / divisor) == counted([64 * 2**b // divisor for b in range(6)], 128)


def test_forward_is_the_table_of_layers():
    """Convolution by convolution, written from PANNs' table 1 with the scenes paper's changes."""
    torch.manual_seed(0)
    encoder, x = CNN14(dim=5, width=1 / 32), torch.randn(2, 1, 64, 96)
    kernels = [(c.weight, c.bias) for c in encoder.modules() if isinstance(c, torch.nn.Conv2d)]
    assert len(kernels) == 13
    y = x
    for block in range(6):
        for weight, bias in kernels[2 * block : 2 * block + 2]:
            y = functional.conv2d(y, weight, bias, padding=1).clamp(min=0)
        if block < 5:
            y = functional.avg_pool2d(y, 2)
    assert y.shape[2:] == (2, 3)
    h = torch.einsum("ncft,dc->ndft", y, kernels[12][0][:, :, 0, 0]) + kernels[12][1][:, None, None]
    torch.testing.assert_close(encoder(x), h.amax((2, 3)))


def log_mel_like(seed):
    """A patch with a noise floor, ridges of a harmonic sound and an onset, in the range of ln(mel + 0.01)."""
    generator = torch.Generator().manual_seed(seed)
    bins, time = torch.arange(64)[:, None], torch.arange(96)
    first, spacing, onset = (torch.rand(3, generator=generator) * torch.tensor([20.0, 8, 60])).tolist()
    level = torch.cos((bins - first) / (spacing + 3) * 6.28) * 1.5 + 1.5 - 0.03 * bins
    sound = level * torch.exp(-(time - onset).clamp(min=0) / 40) - 8.0 * (time < onset)
    floor = 0.02 * torch.rand(64, 96, generator=generator) ** 2
    return torch.log(sound.exp() + floor + 0.01)[None, None]


@pytest.mark.parametrize("width", [1 / 4, 1 / 8])
def test_without_norm_embeddings_differ_from_the_start(width):
    torch.manual_seed(0)
    encoder = CNN14(width=width)
    x = torch.cat([log_mel_like(seed) for seed in range(4)])
    with torch.no_grad():
        h = encoder((x - x.mean()) / x.std())
    assert 0.05 < h.std() < 2
    cosines = functional.normalize(h, dim=1) @ functional.normalize(h, dim=1).T
    assert cosines[~torch.eye(4, dtype=torch.bool)].max() < 0.999


def test_other_initial_weights_would_not_do():
    """The trap that `he_initialise` avoids: with PyTorch's own weights every patch has the same embedding."""
    torch.manual_seed(0)
    encoder = CNN14(width=1 / 8)
    for part in encoder.modules():
        if isinstance(part, torch.nn.Conv2d):
            part.reset_parameters()
    with torch.no_grad():
        h = functional.normalize(encoder(torch.cat([log_mel_like(0), log_mel_like(1)])), dim=1)
    assert h[0] @ h[1] > 0.999
