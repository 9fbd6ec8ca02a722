from __future__ import annotations

import numpy as np
import pytest
import torch

from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.itdcnpp import ITDCNpp
from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp
from lightning_sepcl.separation.variable_map import by_canonical_name, canonical, our_name, our_state, our_value

IN_BLOCK = "improved_tdcn/conv_block_11/tdcn_block"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("conv_decoder/dense_1/kernel", "conv_decoder/dense/kernel"),
        ("dense_7/kernel", "dense/kernel"),
        ("model_iter_0//initial_dense/dense_scale/scale_layer", "model_iter_0/initial_dense/dense_scale/scale_layer"),
        ("improved_tdcn/res_dense_0_to_8/dense/bias", "improved_tdcn/res_dense_0_to_8/dense/bias"),
        ("scale_layer_1/scalar_bias_layer", "scale_layer_1/scalar_bias_layer"),
    ],
)
def test_names_lose_what_depends_on_the_rest_of_the_graph(name, plain):
    assert canonical(name) == plain


def test_what_training_keeps_is_dropped_and_twins_are_refused():
    names = ["dense/kernel", "dense/kernel/Adam", "dense/kernel/Adam_1", "beta1_power", "beta2_power", "global_step"]
    assert by_canonical_name(names) == {"dense/kernel": "dense/kernel"}
    with pytest.raises(UserError, match="dense/kernel and dense_2/kernel would both be dense/kernel"):
        by_canonical_name(["dense/kernel", "dense_2/kernel"])


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("conv_encoder/dense/kernel", "basis.encoder"),
        ("layer_norm_on_mag/beta", "feature_norm.shift"),
        ("scale_layer/scale_layer", "feature_norm.gain"),
        ("initial_dense/dense/bias", "core.initial.bias"),
        (f"{IN_BLOCK}/dense1/dense_scale/scale_layer", "core.blocks.11.up.scale"),
        (f"{IN_BLOCK}/dense2/dense/kernel", "core.blocks.11.down.weight"),
        (f"{IN_BLOCK}/normact1/prelu/prelu", "core.blocks.11.first.slope"),
        (f"{IN_BLOCK}/normact2/global_layer_norm/beta", "core.blocks.11.second.shift"),
        (f"{IN_BLOCK}/timeconv/separable_conv/depthwise_kernel", "core.blocks.11.taps.weight"),
        (f"{IN_BLOCK}/timeconv/separable_conv/bias", "core.blocks.11.taps.bias"),
        ("improved_tdcn/res_dense_8_to_24/dense/kernel", "core.skips.1_to_3.weight"),
        ("mix_weights/dense/kernel", "consistency.share.weight"),
        ("dense/kernel", "mask.weight"),
        ("dense/kernel/extra", None),
        ("conv_encoder/dense/kernel/extra", None),
        (f"{IN_BLOCK}/dense3/dense/kernel", None),
        ("elsewhere/kernel", None),
    ],
)
def test_places(name, ours):
    assert our_name(name, blocks=8) == ours


def test_places_in_a_chain():
    assert our_name("model_iter_0/dense/kernel", 8, iterations=3) == "iterations.0.mask.weight"
    assert our_name("dense/kernel", 8, iterations=3) == "iterations.2.mask.weight"
    assert our_name("model_iter_1/elsewhere", 8, iterations=3) is None


def test_layouts():
    kernel = np.arange(6, dtype=np.float32).reshape(2, 3)  # (input, output)
    assert our_value("mask.weight", kernel).tolist() == [[0, 3], [1, 4], [2, 5]]
    assert our_value("basis.decoder", kernel).tolist() == kernel.tolist()  # (coefficient, sample) on both sides
    taps = np.arange(6, dtype=np.float32).reshape(3, 1, 2, 1)
    assert our_value("core.blocks.0.taps.weight", taps).tolist() == [[0, 2, 4], [1, 3, 5]]
    assert our_value("core.blocks.0.first.gain", np.ones(1, np.float32)).shape == ()


def published(net, blocks):
    """Variables of zeros with the names and shapes that a net of ours would have had there."""
    prefix = "improved_tdcn/conv_block_{}/tdcn_block/"
    leaves = {
        "up.weight": "dense1/dense/kernel", "up.scale": "dense1/dense_scale/scale_layer",
        "first.slope": "normact1/prelu/prelu", "first.gain": "normact1/instance_norm/gamma",
        "first.shift": "normact1/instance_norm/beta", "taps.weight": "timeconv/separable_conv/depthwise_kernel",
        "taps.bias": "timeconv/separable_conv/bias", "second.slope": "normact2/prelu/prelu",
        "second.gain": "normact2/instance_norm/gamma", "second.shift": "normact2/instance_norm/beta",
        "down.weight": "dense2/dense/kernel", "down.scale": "dense2/dense_scale/scale_layer",
    }  # fmt: skip
    plain = {
        "basis.encoder": "conv_encoder/dense/kernel", "basis.decoder": "conv_decoder/dense/kernel",
        "core.initial.weight": "initial_dense/dense/kernel", "core.initial.bias": "initial_dense/dense/bias",
        "core.initial.scale": "initial_dense/dense_scale/scale_layer", "mask.weight": "dense/kernel",
        "consistency.share.weight": "mix_weights/dense/kernel", "feature_norm.gain": "layer_norm_on_mag/gamma",
        "feature_norm.shift": "layer_norm_on_mag/beta",
    }  # fmt: skip
    found = {}
    for key, value in net.state_dict().items():
        parts = key.split(".")
        if key.startswith("core.blocks."):
            name = prefix.format(parts[2]) + leaves[".".join(parts[3:])]
        elif key.startswith("core.skips."):
            early, late = (blocks * int(x) for x in parts[2].split("_to_"))
            kind = {"weight": "dense/kernel", "bias": "dense/bias", "scale": "dense_scale/scale_layer"}[parts[3]]
            name = f"improved_tdcn/res_dense_{early}_to_{late}/{kind}"
        else:
            name = plain[key]
        shape = tuple(value.shape)[::-1] if name.endswith("kernel") and "decoder" not in name else tuple(value.shape)
        shape = (3, 1, shape[1], 1) if name.endswith("depthwise_kernel") else shape
        found[name] = np.zeros(shape, np.float32)
    return found


def small(**settings):
    return TDCNpp(basis=LearnedBasis(6, 8, 4), bottleneck=4, hidden=5, repeats=2, blocks=2, **settings)


@pytest.mark.parametrize("skip_residual", [False, True])
def test_every_variable_is_used_once_and_every_parameter_filled(skip_residual):
    net = small(skip_residual=skip_residual)
    state = our_state(published(net, 2), net.state_dict(), 2)
    assert state.keys() == net.state_dict().keys()
    assert not any(value.any() for value in state.values())


def test_a_chain_of_separators():
    net = ITDCNpp(basis=STFTBasis(8, 4, True), bottleneck=4, hidden=5, repeats=1, blocks=2)
    first, last = (published(separator, 2) for separator in net.iterations)
    state = our_state({f"model_iter_0/{k}": v for k, v in first.items()} | last, net.state_dict(), 2)
    assert state.keys() == net.state_dict().keys()


def test_what_does_not_fit_is_told():
    net = small()
    variables, state = published(net, 2), net.state_dict()
    with pytest.raises(UserError, match="the variable embedding/kernel has no place in this network"):
        our_state(variables | {"embedding/kernel": np.zeros(3, np.float32)}, state, 2)
    with pytest.raises(UserError, match=r"dense/kernel has the shape \(4, 13\), expected was one that gives \(12, 4\)"):
        our_state(variables | {"dense/kernel": np.zeros((4, 13), np.float32)}, state, 2)
    variables.pop("mix_weights/dense/kernel")
    with pytest.raises(UserError, match=r"1 parameter\(s\) .* the first is consistency.share.weight"):
        our_state(variables, state, 2)


def test_values_are_copies_in_float32():
    value = np.ones((2, 2), np.float64)
    ours = our_value("mask.weight", value)
    value[:] = 0
    assert ours.dtype == torch.float32
    assert ours.is_contiguous()
    assert ours.sum() == 4
