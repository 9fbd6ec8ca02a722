"""Iterative TDCN++: a chain of separators, each looking at the mixture and at what the one before made of it."""

from __future__ import annotations

from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.basis import Basis, FeatureNormChoice
from lightning_sepcl.separation.conditioning import Conditioning
from lightning_sepcl.separation.consistency import ConsistencyKind
from lightning_sepcl.separation.norm import NormKind
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp


class ITDCNpp(Separator):
    """Two or more TDCN++ with weights of their own; all mask the mixture.

    `stages` gives the estimates after each, for objectives that are asked of every stage; `forward` the last.

    Args:
        sources: estimates it gives.
        basis: learned or STFT, one of its own per iteration; None: `STFTBasis(zero_beginning=True)`, as published.
        iterations: separators in the chain, at least 2.
        stop_gradient: whether a later separator's loss leaves the earlier ones alone, as in the published code; the
            paper of the conditioned separator trains them end to end (False).
        bottleneck: channels between the blocks.
        hidden: channels inside a block.
        repeats: how often the dilations 1, 2, 4 ... start again.
        blocks: blocks per repeat.
        skip_residual: whether each repeat's input is added, through a dense layer, to all later repeats' inputs.
        consistency: how the estimates are made to sum to the mixture: `none`, `uniform`, `magsq` or `pred_source`.
        norm: over what the blocks' norms take mean and variance: `instance`, `global` or `layer`.
        block_scale: block b's contribution begins with the factor block_scale^b; None: no factor.
        feature_norm: how magnitudes of the mixture and the estimates are normalised, jointly; `basis`: as this basis
            was published with.
        sample_rate: Hz of the waves.
        recompute: less memory in training, more time; see `TDCNpp`.
        fast: take the fast path where it exists; see `TDCNpp`.
        conditioning: how an embedding is joined to each of the separators, one entry for each; None: without.

    Source: Kavalerov et al. 2019; Tzinis et al. 2020, section 3.1.
    """

    def __init__(
        self,
        sources: int = 2,
        basis: Basis | None = None,
        iterations: int = 2,
        stop_gradient: bool = True,
        bottleneck: int = 256,
        hidden: int = 512,
        repeats: int = 4,
        blocks: int = 8,
        skip_residual: bool = False,
        consistency: ConsistencyKind = "pred_source",
        norm: NormKind = "instance",
        block_scale: float | None = 0.9,
        feature_norm: FeatureNormChoice = "basis",
        sample_rate: int = 16000,
        recompute: bool = False,
        fast: bool = True,
        conditioning: list[Conditioning] | None = None,
    ) -> None:
        super().__init__()
        if conditioning is not None and len(conditioning) != iterations:
            raise ValueError(f"ITDCNpp: `conditioning` has {len(conditioning)} entries for {iterations} separators")
        if iterations < 2:
            raise ValueError(f"ITDCNpp: `iterations` is {iterations}, it must be at least 2; for one take TDCNpp")
        self.sources, self.sample_rate, self.stop_gradient = sources, sample_rate, stop_gradient
        basis = STFTBasis(zero_beginning=True) if basis is None else basis
        self.iterations = nn.ModuleList(
            TDCNpp(
                sources=sources,
                basis=basis if iteration == 0 else _fresh(basis),
                bottleneck=bottleneck,
                hidden=hidden,
                repeats=repeats,
                blocks=blocks,
                skip_residual=skip_residual,
                consistency=consistency,
                norm=norm,
                block_scale=block_scale,
                feature_norm=feature_norm,
                inputs=1 if iteration == 0 else 1 + sources,
                sample_rate=sample_rate,
                recompute=recompute,
                fast=fast,
                conditioning=None if conditioning is None else conditioning[iteration],
            )
            for iteration in range(iterations)
        )

    def forward(self, wave: Float[Tensor, "batch 1 sample"]) -> Float[Tensor, "batch source sample"]:
        """The estimates of the last separator."""
        return self.stages(wave)[-1]

    def stages(self, wave: Float[Tensor, "batch 1 sample"]) -> list[Tensor]:
        """The estimates (batch, source, sample) of every separator, first to last."""
        self.check_wave(wave)
        stages: list[Tensor] = []
        for separator in self.iterations:
            before = [s.detach() if self.stop_gradient else s for s in stages[-1:]]
            stages.append(separator(torch.cat([wave, *before], 1)))
        return stages


def _fresh(basis: Basis) -> Basis:
    """Another basis of the same kind, with weights of its own."""
    other = deepcopy(basis)
    other.reset_parameters()
    return other
