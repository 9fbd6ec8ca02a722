"""How an embedding becomes channels of a layer: repeats by the reference, activations, norms, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.records import FrameEmbedding
from lightning_sepcl.separation.conditioning import (
    Conditioning,
    EmbeddingInput,
    FrameGrid,
    TrainableSigmoid,
    repeat_index,
)
from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp

GOLDEN = Path(__file__).parents[1] / "golden/conditioning/embeddings.npz"
SMALL = {"bottleneck": 6, "hidden": 8, "repeats": 2, "blocks": 2}


@pytest.mark.parametrize(("basis", "frames"), [(STFTBasis(80, 40), 1200), (LearnedBasis(8, 80, 40), 1199)])
def test_frames_are_repeated_as_in_the_reference(basis, frames):
    assert basis.num_frames(48000) == frames
    embedding = FrameEmbedding(torch.zeros(1, 1, 301), 160)
    with np.load(GOLDEN) as golden:
        expected = golden[f"repeat_idx_{frames}"]
    assert repeat_index(FrameGrid(frames, 40, 0), embedding).tolist() == expected.tolist()


def test_zeros_in_front_of_the_wave_shift_the_grid():
    found = repeat_index(FrameGrid(7, 40, 40), FrameEmbedding(torch.zeros(1, 1, 2), 160))
    assert found.tolist() == [0, 0, 0, 0, 0, 1, 1]


def test_a_single_frame_speaks_for_the_whole_wave():
    assert not repeat_index(FrameGrid(5000, 40, 0), FrameEmbedding(torch.zeros(1, 1, 1), 160)).any()


def test_an_embedding_of_another_length_is_refused():
    with pytest.raises(ValueError, match="has 3 frames of 160 samples, the wave needs 4"):
        repeat_index(FrameGrid(13, 40, 0), FrameEmbedding(torch.zeros(1, 1, 3), 160))


def test_the_papers_order_written_out():
    """Repeat, sigmoid, 1x1, global norm: frame by frame as the paper has it."""
    torch.manual_seed(0)
    entry, values = EmbeddingInput(3, 4, "sigmoid").double(), torch.randn(2, 3, 5, dtype=torch.float64)
    with torch.no_grad():
        entry.dense.bias.copy_(torch.randn(4))
    repeated = values.repeat_interleave(4, -1)[..., :18]
    wide = torch.einsum("oc,bcf->bof", entry.dense.weight, repeated.sigmoid()) + entry.dense.bias[:, None]
    mean, variance = wide.mean((1, 2), keepdim=True), wide.var((1, 2), correction=0, keepdim=True)
    expected = (wide - mean) / (variance + 1e-3).sqrt()
    found = entry(FrameEmbedding(values, 160), FrameGrid(18, 40, 0))
    torch.testing.assert_close(found, expected)


def test_the_trainable_sigmoid_begins_as_the_sigmoid():
    x, sigmoid = torch.linspace(-9, 9, 50), TrainableSigmoid()
    torch.testing.assert_close(sigmoid(x), x.sigmoid())
    with torch.no_grad():
        for parameter, value in zip(sigmoid.parameters(), (2.0, 3.0, 0.5), strict=True):
            parameter.fill_(value)
    torch.testing.assert_close(sigmoid(x), 2 / (1 + torch.exp(3 * (0.5 - x))))


def test_the_papers_sizes():
    with torch.device("meta"):
        entry = EmbeddingInput(527, 128, "sigmoid")
        nets = [
            TDCNpp(2, basis(), bottleneck=128, skip_residual=True, conditioning=Conditioning(channels))
            for channels in (527, 3 * 527)
            for basis in (lambda: STFTBasis(80, 40), lambda: LearnedBasis(256, 80, 40))
        ]
    assert sum(p.numel() for p in entry.dense.parameters()) == 67_456 + 128
    widths = [(net.core.entry.dense.weight.shape[1], net.core.initial.weight.shape[1]) for net in nets]
    assert widths == [(527, 193), (527, 384), (1581, 193), (1581, 384)]


@pytest.mark.parametrize("layers", ["first", "all"])
@pytest.mark.parametrize("combination", ["concatenate", "gate"])
@pytest.mark.parametrize("activation", ["none", "sigmoid", "trainable_sigmoid"])
def test_what_is_heard_changes_what_is_separated_and_learns(layers, combination, activation):
    torch.manual_seed(0)
    conditioning = Conditioning(3, 5, layers, combination, activation)
    net = TDCNpp(2, STFTBasis(16, 8), **SMALL, skip_residual=True, conditioning=conditioning)
    wave = torch.randn(2, 1, 160)
    one, other = (FrameEmbedding(torch.randn(2, 3, 11), 16) for _ in range(2))
    assert (net(wave, one) - net(wave, other)).abs().max() > 1e-5
    net(wave, one).square().sum().backward()
    entries = [p for name, p in net.named_parameters() if "entr" in name and not name.endswith("bias")]
    assert len([p for p in entries if p.ndim == 2]) == (1 if layers == "first" else 5)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in entries)
    torch.testing.assert_close(net(wave, one).sum(1), wave[:, 0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layers", ["first", "all"])
def test_recomputing_changes_nothing(layers):
    grads = []
    for recompute in (False, True):
        torch.manual_seed(0)
        net = TDCNpp(2, STFTBasis(16, 8), **SMALL, recompute=recompute, conditioning=Conditioning(3, 5, layers))
        net(torch.randn(2, 1, 160), FrameEmbedding(torch.randn(2, 3, 11), 16)).square().sum().backward()
        grads.append(torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None]))
    torch.testing.assert_close(*grads, rtol=1e-4, atol=1e-5)


def test_an_embedding_that_does_not_fit_is_refused():
    plain = TDCNpp(2, STFTBasis(16, 8), **SMALL)
    conditioned = TDCNpp(2, STFTBasis(16, 8), **SMALL, conditioning=Conditioning(3))
    embedding, wave = FrameEmbedding(torch.zeros(1, 4, 11), 16), torch.randn(1, 1, 160)
    with pytest.raises(ValueError, match="is not conditioned"):
        plain(wave, embedding)
    with pytest.raises(ValueError, match="is conditioned and needs an embedding"):
        conditioned(wave)
    with pytest.raises(ValueError, match="the embedding has 4 channels, this separator was made for 3"):
        conditioned(wave, embedding)
    with pytest.raises(ValueError, match="must be at least 1"):
        Conditioning(0)
