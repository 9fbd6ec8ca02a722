"""TDCN++: the separator that masks a basis' coefficients with a network of dilated convolutions."""

from __future__ import annotations

from functools import partial

import torch
from jaxtyping import Float, Inexact
from torch import Tensor

from lightning_sepcl.records import FrameEmbedding
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.basis import Basis, FeatureNormChoice
from lightning_sepcl.separation.conditioned_tdcn import ConditionedTDCN
from lightning_sepcl.separation.conditioning import Conditioning, FrameGrid
from lightning_sepcl.separation.consistency import ConsistencyKind, MixtureConsistency
from lightning_sepcl.separation.dense import Dense
from lightning_sepcl.separation.feature_norm import FeatureNorm
from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.norm import NormKind
from lightning_sepcl.separation.tdcn import TDCN


class TDCNpp(Separator):
    """Magnitudes of the basis -> network -> a sigmoid mask per source -> waves that sum to the mixture.

    With its defaults the separator of MixIT with 2 sources: 8 672 257 parameters. For small ones give small
    `bottleneck`, `hidden`, `repeats`, `blocks`, and a basis with few coefficients. The published FUSS baseline is
    `TDCNpp(4, STFTBasis(512, 128), skip_residual=True)`.

    Args:
        sources: estimates it gives.
        basis: learned or STFT; None: `LearnedBasis()`.
        bottleneck: channels between the blocks.
        hidden: channels inside a block.
        repeats: how often the dilations 1, 2, 4 ... start again.
        blocks: blocks per repeat.
        skip_residual: whether each repeat's input is added, through a dense layer, to all later repeats' inputs.
            Papers describe TDCN++ with it; the published MixIT recipe is without, the FUSS baseline with it.
        consistency: how the estimates are made to sum to the mixture: `none`, `uniform`, `magsq` or `pred_source`.
        norm: over what the blocks' norms take mean and variance: `instance`, `global` or `layer`.
        block_scale: block b's contribution begins with the factor block_scale^b, b over all repeats; None: no factor.
        feature_norm: how magnitudes are normalised; `basis`: as this basis was published with (`LearnedBasis`:
            `none`, `STFTBasis`: `mean_and_variance`).
        inputs: signals it looks at. 1: the mixture. More: behind the mixture stand others, such as estimates of
            an earlier stage; the masks weigh the mixture alone.
        sample_rate: Hz of the waves.
        recompute: training takes a third less memory and a seventh more time: each block keeps its input alone.
        fast: take the fast path where it exists: on a CPU, in float32 or float64, with `norm` `instance`, and not
            under autocast, `torch.compile` or export. It equals the plain path within rounding, takes half of its
            time and a fifth of its memory, but cannot be differentiated twice, nor by `torch.func`: for those, False.
        conditioning: how an embedding is joined to the network, which is then given with every wave; None: without.

    Source: Kavalerov et al. 2019; Wisdom et al. 2020 (MixIT). Equal to the published code.
    """

    def __init__(
        self,
        sources: int = 2,
        basis: Basis | None = None,
        bottleneck: int = 256,
        hidden: int = 512,
        repeats: int = 4,
        blocks: int = 8,
        skip_residual: bool = False,
        consistency: ConsistencyKind = "pred_source",
        norm: NormKind = "instance",
        block_scale: float | None = 0.9,
        feature_norm: FeatureNormChoice = "basis",
        inputs: int = 1,
        sample_rate: int = 16000,
        recompute: bool = False,
        fast: bool = True,
        conditioning: Conditioning | None = None,
    ) -> None:
        super().__init__()
        if min(sources, bottleneck, hidden, repeats, blocks, inputs) < 1:
            raise ValueError(
                "TDCNpp: `sources`, `bottleneck`, `hidden`, `repeats`, `blocks` and `inputs` must be at least 1, "
                f"they are {sources}, {bottleneck}, {hidden}, {repeats}, {blocks} and {inputs}"
            )
        self.sources, self.inputs, self.sample_rate = sources, inputs, sample_rate
        self.basis = LearnedBasis() if basis is None else basis
        self.feature_norm = FeatureNorm(self.basis.feature_norm if feature_norm == "basis" else feature_norm)
        self.conditioning = conditioning
        features = inputs * self.basis.bins
        kind = TDCN if conditioning is None else partial(ConditionedTDCN, conditioning=conditioning)
        self.core = kind(
            features,
            bottleneck=bottleneck,
            hidden=hidden,
            repeats=repeats,
            blocks=blocks,
            skip_residual=skip_residual,
            norm=norm,
            block_scale=block_scale,
            recompute=recompute,
            fast=fast,
        )
        self.mask = Dense(bottleneck, sources * self.basis.bins)
        self.consistency = MixtureConsistency(consistency, sources, bottleneck)

    def forward(
        self, wave: Float[Tensor, "batch signal sample"], embedding: FrameEmbedding | None = None
    ) -> Float[Tensor, "batch source sample"]:
        """The estimated sources; of several signals the first is the mixture.

        Args:
            wave: the signals.
            embedding: of the recordings, for a conditioned separator.

        Raises:
            ValueError: signals of another shape, or an embedding missing, not asked for, or of another shape.
        """
        self.check_wave(wave, self.inputs)
        coefficients = self.basis.encode(wave)
        return self.estimates(wave, coefficients, self._core(self.features(coefficients), embedding))

    def _core(self, features: Tensor, embedding: FrameEmbedding | None) -> Tensor:
        """The network's output."""
        if (embedding is None) != (self.conditioning is None):
            lacks = "is conditioned and needs an embedding" if embedding is None else "is not conditioned"
            raise ValueError(f"this {type(self).__name__} {lacks}: see its `conditioning`")
        if embedding is None:
            plain: Tensor = self.core(features)
            return plain
        grid = FrameGrid(features.shape[-1], self.basis.hop_samples, self.basis.lead)
        conditioned: Tensor = self.core(features, embedding, grid)
        return conditioned

    def features(self, coefficients: Inexact[Tensor, "batch signal bin frame"]) -> Float[Tensor, "batch feature frame"]:
        """What the network looks at: normalised magnitudes, signal by signal."""
        features: Tensor = self.feature_norm(self.basis.magnitude(coefficients))
        return features.flatten(1, 2)

    def masks(self, core: Float[Tensor, "batch channel frame"]) -> Float[Tensor, "batch source bin frame"]:
        """One mask per source, each value between 0 and 1; they need not sum to 1."""
        logits: Tensor = self.mask(core)
        values = logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits
        return values.sigmoid_().reshape(core.shape[0], self.sources, self.basis.bins, -1)

    def estimates(
        self,
        wave: Float[Tensor, "batch signal sample"],
        coefficients: Inexact[Tensor, "batch signal bin frame"],
        core: Float[Tensor, "batch channel frame"],
    ) -> Float[Tensor, "batch source sample"]:
        """Waves from the network's output: the mixture's coefficients masked, decoded and made consistent."""
        masked = self.masks(core) * coefficients[:, :1]
        waves = self.basis.decode(masked, wave.shape[-1])
        consistent: Tensor = self.consistency(waves, wave[:, :1], core)
        return consistent
