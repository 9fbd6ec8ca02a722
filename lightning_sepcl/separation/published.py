"""The published separators: what their variables tell of the network, and what has to be known besides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.basis import Basis, FeatureNormKind
from lightning_sepcl.separation.consistency import ConsistencyKind
from lightning_sepcl.separation.itdcnpp import ITDCNpp
from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.norm import NormKind
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp
from lightning_sepcl.separation.tf_checkpoint import TFCheckpoint
from lightning_sepcl.separation.variable_map import ITERATION, by_canonical_name, our_state

Shapes = Mapping[str, tuple[int, ...]]
BLOCK_0 = "improved_tdcn/conv_block_0/tdcn_block"
UP = f"{BLOCK_0}/dense1/dense/kernel"


@dataclass(frozen=True, slots=True)
class Untold:
    """What a checkpoint does not say about its network.

    Attributes:
        sample_rate: Hz.
        hop_samples: samples from frame to frame.
        window_samples: samples per frame of an STFT; a learned basis tells its own.
        blocks: blocks per repeat: dilations go 1, 2, 4 ... and start again after so many. Where there are long
            residual paths these tell it.
        zero_beginning: whether window − hop zeros stand in front of the wave.
        consistency: of networks that do not predict the sources' shares; those that do tell it.
        feature_norm: of networks whose features have a gain and a shift of their own, but no layer norm.
        stop_gradient: of iterative ones; matters for training alone.
    """

    sample_rate: int = 16000
    hop_samples: int = 20
    window_samples: int = 80
    blocks: int = 8
    zero_beginning: bool = False
    consistency: ConsistencyKind = "none"
    feature_norm: FeatureNormKind = "compress_and_max"
    stop_gradient: bool = True

    def __post_init__(self) -> None:
        for name in ("sample_rate", "hop_samples", "window_samples", "blocks"):
            if getattr(self, name) < 1:
                raise UserError(f"{name}={getattr(self, name)} should be at least 1")


PRESETS: dict[str, Untold] = {
    # Windows of 2.5 ms every 1.25 ms, as the recipe beside it (neurips2020_mixit) has them. The learned basis tells
    # its window. The published checkpoint was not at hand when this was written.
    "yfcc100m": Untold(sample_rate=16000, hop_samples=20, window_samples=40),
    # The same recipe at 22.05 kHz: round(0.00125 * 22050) samples. Not at hand either.
    "bird": Untold(sample_rate=22050, hop_samples=28, window_samples=55),
    # STFT of 32 ms every 8 ms (dcase2020_fuss_baseline); the DESED + FUSS baseline is built alike.
    "fuss": Untold(sample_rate=16000, hop_samples=128, window_samples=512),
    # models/train with the windows of the conditioned-separation paper, 5 ms every 2.5 ms.
    "iterative": Untold(sample_rate=16000, hop_samples=40, window_samples=80, zero_beginning=True),
}


def separator_from_checkpoint(checkpoint: TFCheckpoint, untold: Untold) -> Separator:
    """Our network with a published checkpoint's weights, ready to separate.

    Args:
        checkpoint: of google-research/sound-separation.
        untold: what is not in it.

    Raises:
        UserError: the variables are those of another network, or do not go with `untold`.
        DamagedCheckpoint: the files are incomplete or changed.
    """
    names = by_canonical_name(checkpoint.variables)
    separator = network_of({name: checkpoint.variables[full].shape for name, full in names.items()}, untold)
    values = {name: checkpoint.read(full) for name, full in names.items()}
    separator.load_state_dict(our_state(values, separator.state_dict(), _blocks(names, untold)))
    return separator.eval()


def network_of(shapes: Shapes, untold: Untold) -> Separator:
    """The network whose variables have these shapes, not yet with their values.

    Args:
        shapes: by canonical name.
        untold: what shapes do not tell.

    Raises:
        UserError: they are those of another network, or do not go with `untold`.
    """
    last = {name: shape for name, shape in shapes.items() if not ITERATION.match(name)}
    earlier = {int(found[1]) for found in map(ITERATION.match, shapes) if found}
    first = _stage(shapes, 0) if earlier else last
    _refuse_other_networks(first)
    arguments = _arguments(first, untold)
    if earlier:
        return ITDCNpp(iterations=max(earlier) + 2, stop_gradient=untold.stop_gradient, **arguments)
    return TDCNpp(**arguments)


def _arguments(shapes: Shapes, untold: Untold) -> dict[str, Any]:
    """The constructor's, but for those of chains alone; `shapes` are those of the first separator."""
    bottleneck, hidden = shapes[UP]
    basis = _basis(shapes, untold)
    sources, odd = divmod(shapes["dense/kernel"][1], basis.bins)
    repeats, rest = divmod(_count(shapes), _blocks(shapes, untold))
    if odd:
        raise UserError(f"masks of {shapes['dense/kernel'][1]} values are no multiple of the {basis.bins} coefficients")
    if rest:
        raise UserError(f"{_count(shapes)} blocks are no multiple of {_blocks(shapes, untold)} per repeat: set blocks")
    return {
        "sources": sources,
        "basis": basis,
        "bottleneck": bottleneck,
        "hidden": hidden,
        "repeats": repeats,
        "blocks": _blocks(shapes, untold),
        "skip_residual": _has(shapes, "improved_tdcn/res_dense_"),
        "consistency": "pred_source" if "mix_weights/dense/kernel" in shapes else untold.consistency,
        "norm": _norm(shapes),
        "block_scale": 0.9 if f"{BLOCK_0}/dense2/dense_scale/scale_layer" in shapes else None,
        "feature_norm": _feature_norm(shapes, untold),
        "sample_rate": untold.sample_rate,
    }


def _stage(shapes: Shapes, number: int) -> dict[str, tuple[int, ...]]:
    prefix = f"model_iter_{number}/"
    return {name.removeprefix(prefix): shape for name, shape in shapes.items() if name.startswith(prefix)}


def _refuse_other_networks(shapes: Shapes) -> None:
    for name in ("initial_dense/dense/kernel", UP, f"{BLOCK_0}/normact1/prelu/prelu", "dense/kernel"):
        if name not in shapes:
            raise UserError(f"this is no published TDCN++: there is no variable {name}")
    for name in ("initial_dense/dense/kernel", UP, "dense/kernel", "conv_encoder/dense/kernel"):
        if len(shapes.get(name, (0, 0))) != 2:
            raise UserError(f"this is no published TDCN++: {name} is no matrix, its shape is {shapes[name]}")


def _basis(shapes: Shapes, untold: Untold) -> Basis:
    if "conv_encoder/dense/kernel" in shapes:
        window, coefficients = shapes["conv_encoder/dense/kernel"]
        _refuse_long_hop(untold.hop_samples, window)
        return LearnedBasis(coefficients, window, untold.hop_samples, untold.zero_beginning)
    _refuse_long_hop(untold.hop_samples, untold.window_samples)
    basis = STFTBasis(untold.window_samples, untold.hop_samples, untold.zero_beginning)
    bins = shapes["initial_dense/dense/kernel"][0]
    if basis.bins != bins:
        raise UserError(
            f"the network looks at {bins} STFT bins, windows of {untold.window_samples} samples give {basis.bins}: "
            f"set window_samples to between {bins} and {2 * (bins - 1)}"
        )
    return basis


def _refuse_long_hop(hop: int, window: int) -> None:
    if not 1 <= hop <= window:
        raise UserError(f"hop_samples={hop}, but windows have {window} samples: set it to what the network had")


def _count(shapes: Shapes) -> int:
    return len({name.split("/")[1] for name in shapes if name.startswith("improved_tdcn/conv_block_")})


def _blocks(names: Iterable[str], untold: Untold) -> int:
    """Blocks per repeat: the first long residual path leads from block 0 to the first block of the second repeat."""
    ends = [int(found[1]) for found in (re.search(r"res_dense_0_to_(\d+)/", name) for name in names) if found]
    return min(ends, default=untold.blocks)


def _has(shapes: Shapes, beginning: str) -> bool:
    return any(name.startswith(beginning) for name in shapes)


def _norm(shapes: Shapes) -> NormKind:
    """By its name, except that the FUSS baseline calls its instance norm global: the shape of its gain tells."""
    if f"{BLOCK_0}/normact1/layer_norm/gamma" in shapes:
        return "layer"
    return "global" if shapes.get(f"{BLOCK_0}/normact1/global_layer_norm/gamma", (1,)) == (1, 1) else "instance"


def _feature_norm(shapes: Shapes, untold: Untold) -> FeatureNormKind:
    if "layer_norm_on_mag/gamma" in shapes:
        return "mean_and_variance"
    return untold.feature_norm if "scale_layer/scale_layer" in shapes else "none"
