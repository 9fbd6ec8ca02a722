"""From the published separators' variables, by their TensorFlow names, to the parameters of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Shaped
from torch import Tensor

from lightning_sepcl.errors import UserError

Array = Shaped[np.ndarray[Any, Any], "..."]

ITERATION = re.compile(r"model_iter_(\d+)/")
SLOTS = re.compile(r"(.*/)?(Adam|Adam_\d+|beta[12]_power|global_step)")
"""What training keeps beside the weights."""

BLOCK = r"improved_tdcn/conv_block_(?P<block>\d+)/tdcn_block/"
NORM = r"(instance_norm|global_layer_norm|layer_norm)"
RULES: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), ours)
    for pattern, ours in [
        (r"conv_encoder/dense/kernel", "basis.encoder"),
        (r"conv_decoder/dense/kernel", "basis.decoder"),
        (r"layer_norm_on_mag/gamma|scale_layer/scale_layer", "feature_norm.gain"),
        (r"layer_norm_on_mag/beta|scale_layer_1/scalar_bias_layer", "feature_norm.shift"),
        (r"initial_dense/", "core.initial."),
        (BLOCK + r"dense1/", "core.blocks.{block}.up."),
        (BLOCK + r"dense2/", "core.blocks.{block}.down."),
        (BLOCK + r"timeconv/separable_conv/", "core.blocks.{block}.taps."),
        (BLOCK + r"normact1/", "core.blocks.{block}.first."),
        (BLOCK + r"normact2/", "core.blocks.{block}.second."),
        (r"improved_tdcn/res_dense_(?P<early>\d+)_to_(?P<late>\d+)/", "core.skips.{early}_to_{late}."),
        (r"mix_weights/", "consistency.share."),
        (r"(?=dense/kernel)", "mask."),
    ]
]
LEAVES: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), ours)
    for pattern, ours in [
        (r"dense/kernel|depthwise_kernel", "weight"),
        (r"(dense/)?bias", "bias"),
        (r"dense_scale/scale_layer", "scale"),
        (r"prelu/prelu", "slope"),
        (NORM + r"/gamma", "gain"),
        (NORM + r"/beta", "shift"),
    ]
]


def canonical(name: str) -> str:
    """The name without what depends on the rest of the graph: doubled slashes, and Keras' counters.

    >>> canonical("model_iter_0//conv_decoder/dense_1/kernel")
    'model_iter_0/conv_decoder/dense/kernel'
    """
    return re.sub(r"/+", "/", re.sub(r"(?<![^/])dense_\d+(?=/)", "dense", name))


def is_weight(name: str) -> bool:
    """Whether a variable is part of the network, not of its training.

    >>> [is_weight(name) for name in ("dense/kernel", "dense/kernel/Adam_1", "global_step")]
    [True, False, False]
    """
    return not SLOTS.fullmatch(name)


def by_canonical_name(names: Iterable[str]) -> dict[str, str]:
    """Canonical name -> name, of the weights.

    Raises:
        UserError: two variables have the same canonical name.
    """
    found: dict[str, str] = {}
    for name in filter(is_weight, names):
        twin = found.setdefault(canonical(name), name)
        if twin != name:
            raise UserError(f"the variables {twin} and {name} would both be {canonical(name)}: this is another network")
    return found


def our_name(name: str, blocks: int, iterations: int = 1) -> str | None:
    """The parameter that a variable belongs to; None where there is none.

    Args:
        name: canonical.
        blocks: blocks per repeat: the long residual paths are named by blocks there, by repeats here.
        iterations: separators in the chain; the last one's variables have no prefix.

    >>> our_name("improved_tdcn/conv_block_3/tdcn_block/normact1/instance_norm/gamma", blocks=8)
    'core.blocks.3.first.gain'
    """
    if iterations > 1:
        found = ITERATION.match(name)
        number = int(found[1]) if found else iterations - 1
        inner = our_name(name[found.end() :] if found else name, blocks)
        return None if inner is None else f"iterations.{number}.{inner}"
    for pattern, place in RULES:
        found = pattern.match(name)
        if found:
            parts = {key: int(value) for key, value in found.groupdict().items()}
            if "late" in parts:
                parts = {key: value // blocks for key, value in parts.items()}
            return _with_leaf(place.format(**parts), name[found.end() :])
    return None


def _with_leaf(place: str, rest: str) -> str | None:
    if not place.endswith("."):
        return None if rest else place
    return next((place + ours for pattern, ours in LEAVES if pattern.fullmatch(rest)), None)


def our_value(parameter: str, value: Array) -> Tensor:
    """A variable's value in the layout of our parameter: axes turned, axes of length 1 dropped.

    Args:
        parameter: our name.
        value: as it was read.
    """
    if parameter.endswith("taps.weight"):  # (tap, 1, channel, 1)
        value = value.reshape(value.shape[0], -1).T
    elif parameter.endswith((".weight", "basis.encoder")):  # (input, output)
        value = value.T
    elif parameter.endswith((".gain", ".shift", ".scale", ".slope")):
        value = value.reshape(())
    return torch.from_numpy(np.array(value, dtype=np.float32, order="C"))


def our_state(variables: Mapping[str, Array], expected: Mapping[str, Tensor], blocks: int) -> dict[str, Tensor]:
    """The state of our network: every variable used once, every parameter filled.

    Args:
        variables: by canonical name.
        expected: the network's own state, for names and shapes.
        blocks: blocks per repeat.

    Raises:
        UserError: a variable that belongs nowhere, a parameter without one, or another shape.
    """
    iterations = 1 + max((int(m[1]) + 1 for m in map(ITERATION.match, variables) if m), default=0)
    state: dict[str, Tensor] = {}
    for name, value in variables.items():
        ours = our_name(name, blocks, iterations)
        if ours is None or ours not in expected:
            raise UserError(f"the variable {name} has no place in this network: it is of another kind or size")
        state[ours] = our_value(ours, value)
        if state[ours].shape != expected[ours].shape:
            shape = tuple(expected[ours].shape)
            raise UserError(f"the variable {name} has the shape {value.shape}, expected was one that gives {shape}")
    missing = sorted(expected.keys() - state.keys())
    if missing:
        raise UserError(f"{len(missing)} parameter(s) of the network have no variable, the first is {missing[0]}")
    return state
