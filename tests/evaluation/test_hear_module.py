"""Modules with HEAR's interface as a baseline: a toy of known answers, our own, and what is wrong with others."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from lightning_sepcl.cli.trained import load_trained
from lightning_sepcl.errors import UserError
from lightning_sepcl.evaluation import Evaluation, HearModule
from tests.fakes.trained import write_trained

RATE = 16000
TOY = """
import torch
calls = []

class Model(torch.nn.Module):
    sample_rate, scene_embedding_size, timestamp_embedding_size = {rate}, 3, 3

    def __init__(self, scale):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(scale))

def load_model(model_file_path=""):
    return Model(float(model_file_path or 1.0))

def get_scene_embeddings(audio, model):
    calls.append(tuple(audio.shape))
    count = torch.full((len(audio),), float(audio.shape[1]))
    return torch.stack([audio.mean(1), audio.square().mean(1).sqrt(), count], 1) * model.scale
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """Writes a module, makes it importable, and gives its name."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def write(text, name="toy_hear"):
        (tmp_path / f"{name}.py").write_text(text)
        made.append(name)
        return name

    yield write
    for name in made:
        sys.modules.pop(name, None)


def clips(count=5, seconds=1.0):
    return 0.1 * torch.randn(count, 2, int(seconds * RATE), generator=torch.Generator().manual_seed(0))


def test_every_clip_is_heard_without_its_padding_and_in_its_place(toy):
    wave, length = clips(), torch.tensor([16000, 9000, 16000, 4000, 9000])
    for row, samples in zip(wave, length.tolist(), strict=True):
        row[:, samples:] = 0
    name = toy(TOY.format(rate=RATE))
    (found,) = HearModule(name, sample_rate=RATE, batch_size=2)(wave, length).values()
    for row, samples, h in zip(wave[:, 0], length.tolist(), found, strict=True):
        heard = row[:samples]
        expected = torch.stack([heard.mean(), heard.square().mean().sqrt(), torch.tensor(float(samples))])
        assert torch.allclose(h, expected, atol=1e-6)


def test_no_more_sounds_at_once_than_asked(toy):
    name = toy(TOY.format(rate=RATE))
    HearModule(name, sample_rate=RATE, batch_size=2)(clips(5), torch.full((5,), 16000))
    assert [rows for rows, _ in sys.modules[name].calls] == [2, 2, 1]


@pytest.mark.parametrize("rate", [22050, 44100, 8000])
def test_a_model_of_another_rate_hears_the_same_sound(toy, rate):
    seconds = torch.arange(RATE) / RATE
    wave = 0.5 * torch.sin(2 * torch.pi * 440 * seconds)[None, None]
    (found,) = HearModule(toy(TOY.format(rate=rate)), sample_rate=RATE)(wave, torch.tensor([RATE])).values()
    assert found[0, 2] == rate
    assert float(found[0, 1]) == pytest.approx(0.5 / 2**0.5, rel=1e-2)


def test_the_rate_of_the_data_is_told_by_the_evaluation(toy):
    wave = 0.5 * torch.sin(2 * torch.pi * 440 * torch.arange(8000) / 8000)[None, None]
    module = HearModule(toy(TOY.format(rate=RATE)))
    with pytest.raises(ValueError, match="give it the sample_rate"):
        module(wave, torch.tensor([8000]))
    Evaluation(baselines=[module], sample_rate=8000)
    (found,) = module(wave, torch.tensor([8000])).values()
    assert found[0, 2] == RATE  # a second of it, at the model's rate
    with pytest.raises(ValueError, match="HearModule has sample_rate 8000, the data come at 22050 Hz: leave it out"):
        Evaluation(baselines=[module], sample_rate=22050)


def test_weights_reach_load_model_and_the_name_can_be_chosen(toy):
    name, wave, length = toy(TOY.format(rate=RATE)), clips(2), torch.tensor([16000, 16000])
    plain, scaled = HearModule(name, sample_rate=RATE), HearModule(name, weights="3", sample_rate=RATE, name="three")
    assert torch.allclose(3 * plain(wave, length)[name], scaled(wave, length)["three"])
    assert not scaled.model.training


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("load_model = 1", "has no function load_model"),
        ("def load_model(): pass", "has no function get_scene_embeddings"),
        ("1 / 0", r"cannot be imported \(ZeroDivisionError: division by zero\): install it"),
        (TOY.format(rate=RATE).replace("float(model_file_path or 1.0)", "1 / 0"), r"load_model\(''\) failed: ZeroDiv"),
        (TOY.format(rate=RATE).replace("sample_rate, s", "other, s"), "has no attribute sample_rate"),
        (TOY.format(rate=RATE).replace("* model.scale", "+ nowhere"), r"failed on \(2, 16000\): NameError"),
        (TOY.format(rate=RATE).replace("16000, 3", "16000, 4"), r"should give a tensor \(2, 4\), gave \(2, 3\)"),
    ],
)
def test_what_is_wrong_with_a_module_is_told(toy, text, message):
    module = HearModule(toy(text), sample_rate=RATE)
    with pytest.raises(UserError, match=message):
        module(clips(2), torch.tensor([16000, 16000]))


def test_a_module_that_is_not_there():
    with pytest.raises(
        UserError, match=r"No module named 'no_such_hear'.*install it, or list its file under `plugins`"
    ):
        HearModule("no_such_hear", sample_rate=RATE)(clips(1), torch.tensor([16000]))
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        HearModule("x", batch_size=0)


def test_a_model_that_is_no_torch_module_is_used_as_it_is(toy):
    text = "\n".join([TOY.format(rate=RATE), "from types import SimpleNamespace", "def load_model(p=''):",
                      "    return SimpleNamespace(sample_rate=16000, scene_embedding_size=3, scale=1.0)"])  # fmt: skip
    module = HearModule(toy(text), sample_rate=RATE)
    assert next(iter(module(clips(2), torch.tensor([16000, 16000])).values())).shape == (2, 3)
    assert isinstance(module.model, SimpleNamespace)


def test_there_and_back_our_own_module_gives_our_own_embeddings(tmp_path):
    file = write_trained(tmp_path / "own.ckpt")
    wave, length = clips(4, 1.5), torch.tensor([24000, 11000, 24000, 17000])
    for row, samples in zip(wave, length.tolist(), strict=True):
        row[:, samples:] = 0
    (there,) = HearModule("lightning_sepcl.hear", weights=str(file), sample_rate=RATE)(wave, length).values()
    direct = load_trained(Path(file)).embed(wave[:, :1], length)["embedding"]
    assert torch.allclose(there, direct, atol=1e-6)
