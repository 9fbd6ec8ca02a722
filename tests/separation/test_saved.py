from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file

from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.itdcnpp import ITDCNpp
from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.saved import arguments_of, load_separator, save_separator
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp

SIZE = {"bottleneck": 4, "hidden": 6, "repeats": 2, "blocks": 3}
NETS = {
    "learned": lambda: TDCNpp(3, LearnedBasis(8, 10, 5, True), **SIZE, sample_rate=22050),
    "stft": lambda: TDCNpp(2, STFTBasis(16, 4), **SIZE, skip_residual=True, norm="global", consistency="magsq"),
    "bare": lambda: TDCNpp(2, STFTBasis(16, 4), **SIZE, block_scale=None, feature_norm="none", consistency="none"),
    "more inputs": lambda: TDCNpp(2, STFTBasis(16, 4), **SIZE, inputs=3, feature_norm="compress_and_max"),
    "chain": lambda: ITDCNpp(2, STFTBasis(16, 4, True), iterations=3, stop_gradient=False, **SIZE),
}


@pytest.mark.parametrize("name", NETS)
def test_what_is_loaded_is_what_was_saved(name, tmp_path):
    torch.manual_seed(0)
    net = NETS[name]().eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    save_separator(tmp_path / "nets" / "net.safetensors", net)
    before = torch.get_rng_state()
    loaded = load_separator(tmp_path / "nets" / "net.safetensors")
    assert torch.equal(before, torch.get_rng_state())  # loading draws nothing that others would have drawn
    wave = torch.randn(2, 3 if name == "more inputs" else 1, 100)
    with torch.no_grad():
        assert torch.equal(loaded(wave), net(wave))
    assert (type(loaded), loaded.sources, loaded.sample_rate) == (type(net), net.sources, net.sample_rate)
    assert getattr(loaded, "stop_gradient", None) == getattr(net, "stop_gradient", None)
    assert not loaded.training


class Other(Separator):
    sources, sample_rate = 1, 16000

    def forward(self, wave):
        return wave


def test_only_what_can_be_built_again_is_saved(tmp_path):
    with pytest.raises(ValueError, match="Other cannot be saved this way, only TDCNpp, ITDCNpp"):
        save_separator(tmp_path / "net.safetensors", Other())
    with pytest.raises(UserError, match=r"net.ckpt should end in .safetensors"):
        save_separator(tmp_path / "net.ckpt", NETS["learned"]())


def described(**change):
    net = NETS["learned"]()
    return json.dumps({"class": "TDCNpp", "arguments": arguments_of(net)} | change), net.state_dict()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"class": "os.system"}, "no separator of this version of the suite .*os.system"),
        ({"arguments": {"sources": 2}}, "no separator of this version of the suite .*basis"),
        ({"arguments": {"basis": {"class": "LearnedBasis", "arguments": {}}, "width": 3}}, "no separator of .*width"),
        ({"arguments": {"basis": {"class": "LearnedBasis", "arguments": {}}}}, "no separator of .*Missing key"),
    ],
)
def test_files_of_something_else_are_told(change, why, tmp_path):
    text, state = described(**change)
    save_file(state, tmp_path / "net.safetensors", {"separator": text})
    with pytest.raises(UserError, match=why):
        load_separator(tmp_path / "net.safetensors")


def test_files_without_a_description_are_told(tmp_path):
    with pytest.raises(UserError, match=r"no separator .*net.safetensors: name a file"):
        load_separator(tmp_path / "net.safetensors")
    save_file({"x": torch.zeros(1)}, tmp_path / "net.safetensors")
    with pytest.raises(UserError, match="holds tensors but no description of a separator"):
        load_separator(tmp_path / "net.safetensors")
    (tmp_path / "net.safetensors").write_bytes(b"12345")
    with pytest.raises(UserError, match="is no safetensors file, or it is damaged"):
        load_separator(tmp_path / "net.safetensors")
