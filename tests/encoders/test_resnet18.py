"""ResNet-18 against torchvision's: the count of weights, and embeddings of closed-form weights and input."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.encoders import ResNet18

GOLDEN = Path(__file__).parents[1] / "golden/encoders/resnet18.npz"


def test_number_of_weights_is_the_published_one():
    assert sum(p.numel() for p in ResNet18(channels=3).parameters()) == 11_176_512


def closed_form(encoder):
    with torch.no_grad():
        for i, p in enumerate(encoder.parameters()):
            k = torch.arange(p.numel(), dtype=torch.float64)
            wave = torch.sin(0.7 * i + 1.3 * k + 0.001 * (k % 997) ** 2)
            scale = (4 / p[0].numel()) ** 0.5 if p.ndim == 4 else 0.3
            p.copy_((wave * scale + (1.0 if p.ndim == 1 else 0)).reshape(p.shape))


def test_embeddings_are_torchvisions():
    golden, encoder = np.load(GOLDEN), ResNet18(channels=3)
    closed_form(encoder)
    k = torch.arange(2 * 3 * 64 * 80, dtype=torch.float64)
    x = (torch.sin(0.11 * k) + torch.cos(0.0003 * k**1.5)).float().reshape(2, 3, 64, 80)
    for mode in ("train", "eval"):  # in this order: the second uses the running statistics of the first
        encoder.train(mode == "train")
        with torch.no_grad():
            maps = encoder.blocks(x) if mode == "eval" else None
            h = encoder(x)
        torch.testing.assert_close(h, torch.from_numpy(golden[mode]), atol=2e-4, rtol=2e-4)
    assert [tuple(m.shape[1:]) for m in maps] == [(64, 16, 20), (128, 8, 10), (256, 4, 5), (512, 2, 3)]
    np.testing.assert_allclose([m.mean().item() for m in maps], golden["eval_stage_means"], rtol=1e-4)


def test_another_dim_or_width_is_projected():
    encoder = ResNet18(dim=7, width=1 / 16).eval()
    assert [m.shape[1] for m in encoder.blocks(torch.zeros(1, 1, 32, 32))] == [4, 8, 16, 32]
    assert encoder.projection.weight.shape == (7, 32, 1, 1)
    assert isinstance(ResNet18(dim=32, width=1 / 16).projection, torch.nn.Identity)


def test_all_positions_weigh_the_same():
    """h is the mean of the frame embeddings, not their maximum."""
    torch.manual_seed(0)
    encoder, x = ResNet18(dim=6, width=1 / 16).eval(), torch.randn(2, 1, 64, 160)
    frames = encoder.frames(encoder.blocks(x))
    assert frames.shape == (2, 6, 5)
    torch.testing.assert_close(encoder(x), frames.mean(-1))


def test_the_least_input_is_one_bin_and_one_frame():
    assert ResNet18(width=1 / 16, dim=8).eval()(torch.zeros(1, 1, 1, 1)).shape == (1, 8)
    with pytest.raises(ValueError, match="at least 1 bins and 1 frames"):
        ResNet18(width=1 / 16, dim=8)(torch.zeros(1, 1, 64, 0))
