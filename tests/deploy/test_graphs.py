"""Graphs are the networks they stand for: feature by feature and basis by basis, at any length."""

from __future__ import annotations

import pytest
import torch

from lightning_sepcl.deploy.graph_features import graph_feature, waves_of
from lightning_sepcl.deploy.graph_separator import GraphBasis, GraphSeparator
from lightning_sepcl.errors import UserError
from lightning_sepcl.features import LogMel, Raw, ThreeChannel
from lightning_sepcl.separation import Conditioning, ITDCNpp, LearnedBasis, STFTBasis, TDCNpp

SMALL = {"bottleneck": 6, "hidden": 8, "repeats": 2, "blocks": 3, "block_scale": 0.9}
BASES = {
    "learned": lambda: LearnedBasis(12, 40, 20),
    "learned, zero beginning": lambda: LearnedBasis(12, 50, 20, zero_beginning=True),
    "STFT": lambda: STFTBasis(64, 16),
    "STFT of 5 ms": lambda: STFTBasis(80, 40, zero_beginning=True),
    "STFT with an odd hop": lambda: STFTBasis(60, 7),
}


def noise(*shape):
    return 0.1 * torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def test_the_filters_are_those_of_the_fourier_transform():
    wave = noise(20).double()
    expected = torch.fft.rfft(wave, 32)[3:9]
    real, imaginary = (waves_of(32, 20, slice(3, 9)) @ wave).chunk(2)
    torch.testing.assert_close(torch.complex(real, imaginary), expected)


@pytest.mark.parametrize(
    "settings",
    [{}, {"power": 2.0}, {"power": 1.5, "offset": 1e-3}, {"n_fft": 1024, "bins": 40}, {"window_seconds": 0.04}],
    ids=str,
)
@pytest.mark.parametrize("rate", [16000, 22050])
def test_log_mel(settings, rate):
    feature = LogMel(**settings)
    feature.prepare(rate)
    graph = graph_feature(feature)
    for samples in (feature.num_samples(1), 9001):
        wave = noise(3, samples)
        torch.testing.assert_close(graph(wave), feature(wave[:, None]), atol=2e-5, rtol=1e-5)
    silence = torch.zeros(1, 9000)
    assert torch.equal(graph(silence), feature(silence[:, None]))


def test_other_features():
    raw = Raw()
    raw.prepare(16000)
    wave = noise(2, 100)
    assert torch.equal(graph_feature(raw)(wave), raw(wave[:, None]))
    for feature in (ThreeChannel(), LogMel(channels=2)):
        feature.prepare(16000)
        with pytest.raises(UserError, match=r"cannot be exported as a graph.*--to safetensors"):
            graph_feature(feature)


@pytest.mark.parametrize("name", BASES)
def test_bases(name):
    basis = BASES[name]()
    graph = GraphBasis(basis)
    for samples in (graph.least, 40, 41, 1000, 1013):
        wave = noise(2, 1, samples)
        coefficients = basis.encode(wave)
        assert coefficients.shape[-1] == basis.num_frames(samples)
        parts = graph.encode(wave)
        torch.testing.assert_close(graph.magnitude(parts), basis.magnitude(coefficients), atol=1e-5, rtol=1e-5)
        decoded = basis.decode(coefficients, samples)
        torch.testing.assert_close(graph.decode(parts)[..., :samples], decoded, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize(
    "settings",
    [
        {"consistency": "pred_source", "skip_residual": True},
        {"consistency": "magsq", "norm": "global", "feature_norm": "compress_and_max"},
        {"consistency": "uniform", "norm": "layer", "feature_norm": "mean_and_variance", "sources": 3},
    ],
    ids=lambda settings: settings["consistency"],
)
def test_separators(name, settings):
    torch.manual_seed(0)
    separator = TDCNpp(basis=BASES[name](), **SMALL | settings).eval()
    graph = GraphSeparator(separator).eval()
    with torch.no_grad():
        for samples in (graph.least, 1000, 1013):
            wave = noise(2, samples)
            torch.testing.assert_close(graph(wave), separator(wave[:, None]), atol=2e-5, rtol=1e-4)
    assert separator.core.fast  # the separator itself stays as it was


def test_iterative_separators():
    torch.manual_seed(0)
    separator = ITDCNpp(2, STFTBasis(64, 16, zero_beginning=True), 3, **SMALL).eval()
    wave = noise(2, 1013)
    with torch.no_grad():
        torch.testing.assert_close(GraphSeparator(separator)(wave), separator(wave[:, None]), atol=2e-5, rtol=1e-4)


def test_conditioned_separators_are_refused():
    with pytest.raises(UserError, match="conditioned separator cannot be exported as a graph"):
        GraphSeparator(TDCNpp(2, STFTBasis(16, 8), **SMALL, conditioning=Conditioning(3)))
