from __future__ import annotations

import random
import subprocess
import sys

import pytest
import torch

from lightning_sepcl.augment.torch_audiomentations import TorchAudiomentations
from lightning_sepcl.errors import UserError

pytest.importorskip("torch_audiomentations", exc_type=ImportError)


def prepared(transform: str, settings: dict | None = None) -> TorchAudiomentations:
    plugin = TorchAudiomentations(transform, settings)
    plugin.prepare(16000)
    return plugin


def test_a_transform_with_a_known_answer():
    x = torch.randn(3, 1, 500)
    assert torch.equal(prepared("PolarityInversion")(x, torch.Generator()), -x)


def test_settings_arrive():
    x = torch.ones(4, 1, 10)
    out = prepared("Gain", {"min_gain_in_db": 20.0, "max_gain_in_db": 20.00001})(x, torch.Generator())
    torch.testing.assert_close(out, 10 * x)
    assert torch.equal(prepared("PolarityInversion", {"p": 0.0})(x, torch.Generator()), x)


def test_the_world_outside_does_not_notice():
    plugin, x = prepared("AddColoredNoise"), torch.randn(2, 1, 4000)
    state, python_state = torch.get_rng_state(), random.getstate()
    assert not torch.equal(plugin(x, torch.Generator()), x)
    assert torch.equal(torch.get_rng_state(), state)
    assert random.getstate() == python_state


def test_unknown_names_and_settings_are_explained():
    with pytest.raises(UserError, match="PolarityInversion"):
        TorchAudiomentations("Polarity")
    with pytest.raises(UserError, match="loudness"):
        TorchAudiomentations("Gain", {"loudness": 3})


@pytest.mark.parametrize("error", [ImportError, OSError, RuntimeError])
def test_a_missing_package_is_named_with_its_cure(monkeypatch, error):
    def broken(name: str) -> None:
        raise error("libcudart.so.13 not found")

    monkeypatch.setattr("lightning_sepcl.augment.torch_audiomentations.importlib.import_module", broken)
    with pytest.raises(UserError, match=r"libcudart.*pip install lightning_sepcl\[audio\]"):
        TorchAudiomentations("Gain")


def test_it_is_imported_only_when_used():
    code = "import lightning_sepcl.augment, sys; print({'torchaudio', 'torch_audiomentations'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert out == "set()"
