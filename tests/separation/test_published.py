from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.itdcnpp import ITDCNpp
from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.published import PRESETS, Untold, network_of, separator_from_checkpoint
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tf_checkpoint import TFCheckpoint
from lightning_sepcl.separation.variable_map import by_canonical_name
from tests.fakes.tf_checkpoint import write_tf_checkpoint
from tests.separation.reference_nets import Reference, relative_error

TF = Path(__file__).parents[1] / "golden/separation_tf"
GOLDEN = Path(__file__).parents[1] / "golden/separation"
LEARNED = Untold(blocks=4)
STFT5 = Untold(blocks=4, window_samples=80, hop_samples=40)
STFT32 = Untold(blocks=4, window_samples=512, hop_samples=128)
SMALL = {
    "learned_M2_pred_source": LEARNED,
    "learned_M2_ln_noscale": replace(LEARNED, consistency="uniform"),
    "stft5ms_M2_pred": STFT5,
    "stft32ms_M4_skip_pred": replace(STFT32, blocks=8),  # its long residual paths say 3
    "fuss_small_M4": PRESETS["fuss"],
    "iter2_stft5ms_M2": replace(STFT5, zero_beginning=True),
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def variables(tag):
    """By name; some files name another that has them."""
    arrays = np.load(GOLDEN / f"{tag}.npz")
    owner = json.loads(str(arrays["config"])).get("variables_of", tag)
    arrays = np.load(GOLDEN / f"{owner}.npz")
    return {name.removeprefix("var/"): arrays[name] for name in arrays.files if name.startswith("var/")}


def shapes_of(tag):
    """Of the variables, by canonical name; of the full-size nets they are all there is."""
    config = json.loads(str(np.load(GOLDEN / f"{tag}.npz")["config"]))
    listed = config.get("var_shapes") or {name: value.shape for name, value in variables(tag).items()}
    found = {name: tuple(shape) for name, shape in dict(listed).items()}
    return {plain: found[name] for plain, name in by_canonical_name(found).items()}


def test_a_checkpoint_that_tensorflow_wrote_separates_as_it_did_there():
    told = np.load(TF / "separated.npz")
    net = separator_from_checkpoint(TFCheckpoint(TF), LEARNED)
    with torch.no_grad():
        separated = net(torch.from_numpy(told["mixture"])[None, None])[0]
    assert np.abs(separated.numpy() - told["separated"]).max() < 5e-6
    assert not net.training


@pytest.mark.parametrize("tag", SMALL)
def test_the_reference_nets_out_of_a_checkpoint(tag, tmp_path):
    """Through files and back: names with double slashes, chains, long residual paths."""
    reference = Reference(tag)
    checkpoint = TFCheckpoint(write_tf_checkpoint(tmp_path / "net", variables(tag), per_block=50))
    net = separator_from_checkpoint(checkpoint, SMALL[tag])
    expected = reference.net.state_dict()
    assert net.state_dict().keys() == expected.keys()
    assert all(torch.equal(value, expected[name]) for name, value in net.state_dict().items())
    with torch.no_grad():
        assert relative_error(net(reference.mixture), reference.net(reference.mixture)) < 1e-6


@pytest.mark.parametrize(
    ("tag", "preset", "parameters"),
    [
        ("full_learned_M2", "yfcc100m", 8_672_257),
        ("full_learned_M2_skip", "yfcc100m", 9_067_015),
        ("fuss_full_M4", "fuss", 9_179_401),
    ],
)
def test_full_size_nets_from_their_shapes_alone(tag, preset, parameters):
    net = network_of(shapes_of(tag), PRESETS[preset])
    assert sum(p.numel() for p in net.parameters()) == parameters
    assert len(net.core.blocks) == 32
    assert [block.taps.dilation for block in net.core.blocks[6:10]] == [64, 128, 1, 2]


def test_what_the_shapes_tell():
    net = network_of(shapes_of("learned_M2_ln_noscale"), LEARNED)
    assert (net.sources, net.core.norm, net.consistency.kind, net.feature_norm.kind) == (2, "layer", "none", "none")
    assert isinstance(net.basis, LearnedBasis)
    assert (net.basis.bins, net.basis.window_samples, net.basis.hop_samples) == (32, 40, 20)
    assert net.core.blocks[1].down.scale is None
    net = network_of(shapes_of("fuss_small_M4"), PRESETS["fuss"])
    assert (net.sources, net.core.norm, net.consistency.kind) == (4, "instance", "pred_source")
    assert isinstance(net.basis, STFTBasis)
    assert (net.core.repeats, len(net.core.skips), net.feature_norm.kind) == (3, 3, "mean_and_variance")
    net = network_of(shapes_of("iter2_stft5ms_M2"), STFT5)
    assert isinstance(net, ITDCNpp)
    assert [separator.inputs for separator in net.iterations] == [1, 3]


WRONG = {
    "window": (
        {"window_samples": 512},
        "looks at 65 STFT bins, windows of 512 samples give 257: .* between 65 and 128",
    ),
    "hop": ({"hop_samples": 99}, "hop_samples=99, but windows have 80 samples"),
    "blocks": ({"blocks": 5}, "8 blocks are no multiple of 5 per repeat: set blocks"),
}


@pytest.mark.parametrize(("change", "why"), WRONG.values(), ids=WRONG)
def test_settings_that_do_not_go_with_the_shapes_are_told(change, why):
    with pytest.raises(UserError, match=why):
        network_of(shapes_of("stft5ms_M2_pred"), replace(STFT5, **change))


def test_other_networks_are_told():
    found = shapes_of("stft5ms_M2_pred")
    with pytest.raises(UserError, match="no published TDCN\\+\\+: there is no variable initial_dense/dense/kernel"):
        network_of({"conv1/kernel": (3, 3)}, STFT5)
    with pytest.raises(UserError, match=r"dense/kernel is no matrix, its shape is \(16,\)"):
        network_of(found | {"dense/kernel": (16,)}, STFT5)
    with pytest.raises(UserError, match="masks of 131 values are no multiple of the 65 coefficients"):
        network_of(found | {"dense/kernel": (16, 131)}, STFT5)
