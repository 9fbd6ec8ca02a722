"""ResNet-18 on the wave: the published counts of weights and sizes of maps, and convolutions in one dimension."""

import pytest
import torch
from torch.nn import functional

from lightning_sepcl.encoders import ResNet18, ResNet18Wave


def weights(encoder):
    return sum(p.numel() for p in encoder.parameters())


def test_numbers_of_weights():
    """In the code the first kernel has 7 samples, which is what the two counts differ by; in the paper 49."""
    assert weights(ResNet18Wave(variant="code")) == 11_167_552
    assert weights(ResNet18Wave(variant="paper")) == weights(ResNet18(channels=1))


def test_a_second_of_sound_gives_500_embeddings():
    """16 000 / 32; the stride is 2 in one dimension too."""
    wave = torch.zeros(1, 1, 1, 16000)
    for variant in ("paper", "code"):
        encoder = ResNet18Wave(width=1 / 16, dim=32, variant=variant).eval()
        assert encoder.frames(encoder.blocks(wave)).shape == (1, 32, 500)


def test_the_first_stage_is_pytorchs_one_dimensional_layers():
    torch.manual_seed(0)
    x = torch.randn(2, 1, 1, 301)
    for variant, padding in (("paper", 4), ("code", 1)):
        encoder = ResNet18Wave(width=1 / 16, dim=32, variant=variant).eval()
        stem, block = encoder.stem, encoder.stages[0][0]
        kernel = stem[0].weight
        y = functional.conv1d(x[:, :, 0], kernel, stride=2, padding=kernel.shape[-1] // 2) / (1 + 1e-5) ** 0.5
        y = functional.max_pool1d(y.relu(), 9, stride=2, padding=padding)
        kernels = [part.weight for part in (block.first, block.second)]
        z = (functional.conv1d(y, kernels[0], padding=4) / (1 + 1e-5) ** 0.5).relu()
        z = (functional.conv1d(z, kernels[1], padding=4) / (1 + 1e-5) ** 0.5 + y).relu()
        torch.testing.assert_close(block(stem(x[:, :, 0])), z)


@pytest.mark.parametrize(("variant", "least"), [("paper", 1), ("code", 13)])
def test_the_shortest_wave(variant, least):
    encoder = ResNet18Wave(width=1 / 16, dim=8, variant=variant).eval()
    assert encoder(torch.zeros(1, 1, 1, least)).isfinite().all()
    with pytest.raises(ValueError, match=f"ResNet18Wave needs at least 1 bins and {least} frames"):
        encoder(torch.zeros(1, 1, 1, least - 1))


def test_the_parts_that_code_and_paper_share_have_the_same_shape():
    paper, code = (dict(ResNet18Wave(variant=v).named_parameters()) for v in ("paper", "code"))
    assert {name for name in paper if paper[name].shape != code[name].shape} == {"stem.0.weight"}


def test_training_in_another_layout_gives_the_same_gradients():
    """`channels_last` is for maps with two axes: here it has to change nothing."""
    gradients = []
    for layout in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(0)
        encoder = ResNet18Wave(width=1 / 16, dim=64).to(memory_format=layout)
        x = torch.randn(8, 1, 1, 2000, generator=torch.Generator().manual_seed(0)).contiguous(memory_format=layout)
        encoder(x).square().sum().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in encoder.parameters()]))
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-4)
