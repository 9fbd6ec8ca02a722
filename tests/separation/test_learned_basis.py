"""The learned basis: a slow loop, frame counts of the published code, and waves shorter than a window."""

import pytest
import torch

from lightning_sepcl.separation.learned_basis import LearnedBasis


def slow(basis, wave):
    """Frame by frame from the definition: coefficients, and the wave they decode to."""
    count, window, hop = basis.num_frames(len(wave)), basis.window_samples, basis.hop_samples
    padded = torch.zeros((count - 1) * hop + window)
    padded[basis.lead : basis.lead + len(wave)] = wave
    out, columns = torch.zeros_like(padded), []
    for t in range(count):
        column = torch.relu(basis.encoder @ padded[t * hop : t * hop + window])
        out[t * hop : t * hop + window] += basis.decoder.T @ column
        columns.append(column)
    return torch.stack(columns, 1), out[basis.lead : basis.lead + len(wave)]


@pytest.mark.parametrize("zero_beginning", [False, True])
@pytest.mark.parametrize(("window", "hop"), [(8, 4), (9, 4), (5, 5), (7, 2)])
@pytest.mark.parametrize("samples", [1, 3, 8, 9, 50])
def test_equals_a_loop_over_frames(window, hop, samples, zero_beginning):
    basis, wave = LearnedBasis(6, window, hop, zero_beginning), torch.randn(samples)
    with torch.no_grad():
        coefficients, decoded = slow(basis, wave)
        got = basis.encode(wave.expand(2, 3, -1))
        torch.testing.assert_close(got[1, 2], coefficients)
        torch.testing.assert_close(basis.decode(got, samples)[1, 2], decoded, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(("samples", "frames"), [(15360, 767), (16000, 799), (48000, 2399), (160000, 7999)])
def test_frame_counts_are_the_published_ones(samples, frames):
    basis = LearnedBasis(1)
    assert basis.num_frames(samples) == frames == basis.encode(torch.zeros(1, samples)).shape[-1]


def test_a_short_wave_is_one_with_zeros_behind_it():
    basis, wave = LearnedBasis(6), torch.randn(1, 17)
    longer = torch.cat([wave, torch.zeros(1, 23)], 1)
    torch.testing.assert_close(basis.encode(wave), basis.encode(longer))


def test_a_hop_beyond_the_window_is_refused():
    with pytest.raises(ValueError, match="LearnedBasis: `hop_samples` is 41, it must be between 1 and"):
        LearnedBasis(6, 40, 41)


def test_new_weights_are_other_weights():
    basis = LearnedBasis(6)
    before = basis.encoder.detach().clone()
    basis.reset_parameters()
    assert not torch.equal(before, basis.encoder)
