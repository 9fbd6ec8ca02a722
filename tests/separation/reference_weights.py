"""Variables of the published separators, by their names there, as the state of ours; and the seeded weights of the
full-size reference nets."""

import re
import zlib

import numpy as np
import torch

PLACES = [
    (r"conv_encoder/dense/kernel", r"basis.encoder"),
    (r"conv_decoder/dense(_1)?/kernel", r"basis.decoder"),
    (r"layer_norm_on_mag/gamma|scale_layer/scale_layer", r"feature_norm.gain"),
    (r"layer_norm_on_mag/beta|scale_layer_1/scalar_bias_layer", r"feature_norm.shift"),
    (r"initial_dense/", r"core.initial/"),
    (r"improved_tdcn/conv_block_(\d+)/tdcn_block/dense1/", r"core.blocks.\1.up/"),
    (r"improved_tdcn/conv_block_(\d+)/tdcn_block/dense2/", r"core.blocks.\1.down/"),
    (r"improved_tdcn/conv_block_(\d+)/tdcn_block/normact1/", r"core.blocks.\1.first/"),
    (r"improved_tdcn/conv_block_(\d+)/tdcn_block/normact2/", r"core.blocks.\1.second/"),
    (r"improved_tdcn/conv_block_(\d+)/tdcn_block/timeconv/separable_conv/", r"core.blocks.\1.taps/"),
    (r"mix_weights/", r"consistency.share/"),
    (r"dense/kernel", r"mask/dense/kernel"),
]
LEAVES = {
    "dense/kernel": "weight",
    "dense/bias": "bias",
    "dense_scale/scale_layer": "scale",
    "depthwise_kernel": "weight",
    "bias": "bias",
    "prelu/prelu": "slope",
}


def our_name(name, blocks):
    """Name in our state dict; `blocks` per repeat."""
    name = name.replace("//", "/")
    iteration = re.match(r"model_iter_(\d+)/", name)
    if iteration:
        return f"iterations.{iteration[1]}.{our_name(name[iteration.end() :], blocks)}"
    skip = re.match(r"improved_tdcn/res_dense_(\d+)_to_(\d+)/", name)
    if skip:
        place = f"core.skips.{int(skip[1]) // blocks}_to_{int(skip[2]) // blocks}"
        return f"{place}.{LEAVES[name[skip.end() :]]}"
    for pattern, place in PLACES:
        found = re.match(pattern, name)
        if found:
            place = found.expand(place)
            rest = name[found.end() :]
            if "/" not in place:
                return place
            place, _, leaf = place.partition("/")
            leaf = leaf + rest
            if "norm" in leaf:
                return f"{place}.{'gain' if leaf.endswith('gamma') else 'shift'}"
            return f"{place}.{LEAVES[leaf]}"
    raise KeyError(name)


def our_tensor(name, value, ours):
    """The value in our layout."""
    value = torch.from_numpy(np.asarray(value, dtype=np.float32))
    if name.endswith("depthwise_kernel"):
        return value[:, 0, :, 0].T.contiguous()
    if name.endswith("dense/kernel") and "conv_encoder" in name:
        return value.T.contiguous()
    if "conv_decoder" in name:
        return value.contiguous()
    if name.endswith("kernel"):
        return value.T.contiguous()
    return value.reshape(ours.shape)


def converted(variables, module, blocks, last_iteration=None):
    """State dict of `module` from variables by their published names; every one of both is used exactly once."""
    state, own = {}, module.state_dict()
    for name, value in variables.items():
        key = our_name(name, blocks)
        if last_iteration is not None and not key.startswith("iterations."):
            key = f"iterations.{last_iteration}.{key}"
        assert key not in state, f"two variables for {key}"
        state[key] = our_tensor(name, value, own[key])
        assert state[key].shape == own[key].shape, f"{name}: {tuple(state[key].shape)}"
    assert state.keys() == own.keys(), sorted(state.keys() ^ own.keys())
    return state


def seeded(name, shape):
    """A variable of the full-size nets, from its name."""
    rng = np.random.default_rng([20240, zlib.crc32(name.encode())])
    noise = rng.standard_normal(shape)
    leaf = name.rsplit("/", 1)[-1]
    if leaf == "kernel":
        value = noise / np.sqrt(shape[0])
        mask = name.endswith("/dense/kernel") and name.count("/") == 2 and name.startswith("model_iter")
        value = value * 1.5 if name.startswith("dense/kernel") or mask else value
    elif leaf == "depthwise_kernel":
        value = noise / np.sqrt(shape[0] * shape[1])
    elif leaf == "scale_layer":
        block = re.search(r"conv_block_(\d+)/.*/dense2/dense_scale", name)
        value = (0.9 ** int(block[1]) if block else 1) * (1 + 0.1 * noise)
    else:
        value = {
            "bias": 0.3 * noise,
            "gamma": 1 + 0.2 * noise,
            "beta": 0.2 * noise,
            "prelu": 0.1 + 0.15 * abs(noise),
            "scalar_bias_layer": 0.1 * noise,
        }[leaf]
    return np.asarray(value, dtype=np.float32)
