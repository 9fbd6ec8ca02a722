"""`sepcl separate-dataset`: what it writes can be read beside the data, and what cannot separate is told in a line."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lightning_sepcl.cli import separate_dataset
from lightning_sepcl.conditioning.conditioned_tdcnpp import ConditionedTDCNpp
from lightning_sepcl.conditioning.saved_separator import save_any
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.separated import SeparatedClips
from lightning_sepcl.separation.saved import load_separator
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp
from tests.fakes.classifier import small_classifier
from tests.fakes.noise_corpus import NoiseCorpus

SIZE = {"bottleneck": 4, "hidden": 6, "repeats": 1, "blocks": 2}
LINE = "separate-dataset --separator net.safetensors --out channels"


@pytest.fixture
def data(monkeypatch):
    """Ten clips of noise in place of what `--config` would name."""
    made = AudioDataModule(NoiseCorpus(), cache_dir="cache")
    monkeypatch.setattr(separate_dataset, "build_experiment", lambda words: SimpleNamespace(datamodule=made))
    return made


def network():
    return TDCNpp(2, STFTBasis(64, 16), **SIZE)


def test_the_channels_of_every_clip_are_written(data, sepcl):
    save_any("net.safetensors", network())
    answer = sepcl(LINE)
    assert answer.code == 0, answer.err
    kept, net = SeparatedClips("channels", data.cache), load_separator("net.safetensors")
    for number, row in enumerate(data.cache.rows):
        wave = torch.from_numpy(data.cache.clip(number)[0] / np.float32(32768))
        with torch.no_grad():
            expected = net(wave[None])[0].numpy()
        np.testing.assert_allclose(kept.clip(row.key)[:, 0] / 32768, expected, atol=0.6 / 32768)


def test_an_oracle_is_refused(data, refused):
    save_any("net.safetensors", ConditionedTDCNpp(small_classifier(), embedding="oracle_all", **SIZE))
    assert "is an oracle, which has to be told what is heard in the clean sources" in refused(LINE)
    assert not Path("channels").exists()


def test_channels_that_are_not_finite_are_refused(data, refused):
    net = network()
    net.core.initial.weight.data[0, 0] = torch.nan
    save_any("net.safetensors", net)
    assert "net.safetensors makes channels that are NaN or infinite: take an earlier state" in refused(LINE)
    assert not list(Path("channels").glob("shard-*/meta.json"))
