from __future__ import annotations

import gc
from itertools import permutations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.chunked import matching_order, separate_wave, separated_stretches
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp


class ByAmplitude(Separator):
    """Each sample goes to one channel by its size: what a chunk gives does not depend on where it is cut.

    `shuffle` gives the channels of every call in another order, as separators do that were trained without one.
    """

    def __init__(self, sources: int, shuffle: int | None = None) -> None:
        super().__init__()
        self.sources, self.sample_rate, self.called = sources, 16000, []
        self.generator = None if shuffle is None else torch.Generator().manual_seed(shuffle)

    def forward(self, wave):
        edges = torch.distributions.Normal(0.0, 1.0).icdf(torch.arange(1, self.sources) / self.sources)
        channels = torch.cat([wave * (torch.bucketize(wave, edges) == k) for k in range(self.sources)], 1)
        order = torch.arange(self.sources)
        if self.generator is not None:
            order = torch.randperm(self.sources, generator=self.generator)
        self.called.append((wave.shape[-1], order))
        return channels[:, order]


class Levels(Separator):
    """Gives the first channel another share of the recording in every call, and the second one the rest."""

    def __init__(self, *shares: float) -> None:
        super().__init__()
        self.sources, self.sample_rate, self.shares = 2, 16000, iter(shares)

    def forward(self, wave):
        share = next(self.shares)
        return torch.cat([share * wave, wave - share * wave], 1)


def noise(samples, seed=0):
    return torch.randn(samples, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    samples=st.integers(1, 2500),
    chunk=st.integers(200, 700),
    share=st.floats(0.4, 0.5),
    sources=st.integers(1, 5),
    seed=st.integers(0, 1000),
)
def test_channels_that_come_in_any_order_are_brought_into_that_of_the_first_chunk(samples, chunk, share, sources, seed):
    wave, shuffling = noise(samples, seed), ByAmplitude(sources, shuffle=seed)
    found = separate_wave(shuffling, wave, chunk, int(chunk * share))
    whole = ByAmplitude(sources)(wave[None, None])[0]
    torch.testing.assert_close(found, whole[shuffling.called[0][1]], rtol=1e-5, atol=1e-6)


def test_the_test_above_can_fail():
    """Without bringing them into order, the shuffled channels are not those of the whole."""
    shuffling = ByAmplitude(3, shuffle=1)
    wave = noise(1000)
    halves = torch.cat([shuffling(half[None, None])[0] for half in wave.split(500)], 1)
    assert not torch.allclose(halves, ByAmplitude(3)(wave[None, None])[0][shuffling.called[0][1]])


@settings(deadline=None, derandomize=True, max_examples=40)
@given(sizes=st.lists(st.integers(0, 900), min_size=1, max_size=6), overlap=st.integers(1, 150))
def test_it_does_not_matter_in_which_blocks_a_recording_arrives(sizes, overlap):
    wave = noise(sum(sizes) + 1)
    separator = ByAmplitude(2, shuffle=3)
    at_once = separate_wave(separator, wave, 300, overlap)
    stretches = list(separated_stretches(ByAmplitude(2, shuffle=3), wave.split([*sizes, 1]), 300, overlap))
    assert torch.equal(torch.cat([s.channels for s in stretches], 1), at_once)
    assert torch.equal(torch.cat([s.wave for s in stretches]), wave)


def test_channels_of_a_consistent_separator_sum_to_the_recording():
    torch.manual_seed(0)
    net = TDCNpp(3, STFTBasis(64, 16), bottleneck=4, hidden=6, repeats=1, blocks=3).eval()
    wave = noise(5000)
    found = separate_wave(net, wave, 1100, 300)
    assert found.shape == (3, 5000)
    assert not found.requires_grad
    torch.testing.assert_close(found.sum(0), wave, rtol=0, atol=2e-6)
    whole = net(wave[None, None])[0]
    assert 1e-3 < (found - whole).abs().max() < 1  # statistics are those of a chunk, so this is not the same


def test_a_step_between_chunks_is_faded_over_the_overlap():
    found = separate_wave(Levels(0.2, 0.4), torch.ones(1800), 1000, 200)
    torch.testing.assert_close(found[0, :800], torch.full((800,), 0.2))
    torch.testing.assert_close(found[0, 1000:], torch.full((800,), 0.4))
    slope = found[0].diff()
    assert slope.min() >= -1e-6
    assert slope.max() <= 1.001 * 0.2 * torch.pi / 2 / 200  # the steepest point of half a cosine
    torch.testing.assert_close(found.sum(0), torch.ones(1800))


@pytest.mark.parametrize(
    ("samples", "calls"),
    [(1, [1]), (999, [999]), (1000, [1000]), (1001, [1000, 1000]), (1800, [1000, 1000]), (1801, [1000] * 3)],
)
def test_every_chunk_is_as_long_as_the_others_and_a_short_recording_is_separated_whole(samples, calls):
    separator = ByAmplitude(2)
    assert separate_wave(separator, noise(samples), 1000, 200).shape == (2, samples)
    assert [length for length, _ in separator.called] == calls


def test_memory_does_not_grow_with_the_recording():
    def held():
        tensors = [o for o in gc.get_objects() if issubclass(type(o), torch.Tensor)]
        return sum({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}.values())

    blocks = (noise(500, seed) for seed in range(200))
    before, most, samples = held(), 0, 0
    for number, stretch in enumerate(separated_stretches(Levels(*[0.5] * 200), blocks, 1000, 200)):
        samples += len(stretch.wave)
        if number % 30 == 0:
            most = max(most, held() - before)
    assert samples == 100_000
    assert most < 4 * 10_000  # bytes of ten chunks; the recording has a hundred


@pytest.mark.parametrize("sources", [1, 2, 4])
def test_the_order_has_the_smallest_squared_difference(sources):
    generator = torch.Generator().manual_seed(sources)
    for _ in range(10):
        before, after = torch.randn(2, sources, 20, generator=generator)
        best = min(permutations(range(sources)), key=lambda order: float((before - after[list(order)]).square().sum()))
        assert matching_order(before, after).tolist() == list(best)


def test_silence_keeps_its_order():
    wave = torch.cat([noise(800), torch.zeros(400), noise(800)])
    found = separate_wave(ByAmplitude(2), wave, 1000, 200)
    torch.testing.assert_close(found, ByAmplitude(2)(wave[None, None])[0])
    assert not separate_wave(ByAmplitude(3), torch.zeros(3000), 1000, 200).any()


@pytest.mark.parametrize(("chunk", "overlap"), [(100, 0), (100, 51), (0, 0), (100, -1)])
def test_an_overlap_that_is_none_is_refused(chunk, overlap):
    with pytest.raises(ValueError, match="cannot overlap by"):
        separate_wave(ByAmplitude(2), noise(10), chunk, overlap)


def test_many_sources_are_separated_whole_but_not_in_chunks():
    assert separate_wave(ByAmplitude(9), noise(100), 100, 20).shape == (9, 100)
    with pytest.raises(UserError, match="up to 8 sources, this separator makes 9: choose a chunk as long"):
        separate_wave(ByAmplitude(9), noise(101), 100, 20)


def test_what_is_no_sound_is_refused():
    with pytest.raises(ValueError, match="the wave is empty"):
        separate_wave(ByAmplitude(2), noise(0), 100, 20)
    with pytest.raises(UserError, match="channels that are not finite"):
        separate_wave(Levels(float("inf")), noise(10), 100, 20)
