"""How well clips were separated, source by source: the rules of the FUSS evaluation, and SI-SDR improvement."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor
from torch.nn import functional

from lightning_sepcl.objectives.pit import best_permutation
from lightning_sepcl.objectives.si_sdr import pairwise_si_snr

SILENT_RMS = 1e-8
"""A reference with no larger root mean square is silent: it is padding, or nothing sounds in it."""
FAINT = 0.01
"""An estimate counts if it has more than this share of the power of the clip's quietest sounding reference (-20 dB)."""


@dataclass(frozen=True, slots=True)
class SourceScores:
    """Scores of some clips, in the order of their references. Those of silent references carry no meaning.

    Attributes:
        si_snr: dB, of the estimate that belongs to each reference.
        mixture_si_snr: dB, of the mixture in the estimate's place.
        order: which estimate belongs to each reference; a number that no estimate has where there are too few.
        active_reference: whether the reference sounds.
        active_estimate: whether the estimate that belongs to it is not faint.
        estimates: how many estimates of each clip are not faint, also those that belong to no reference.
    """

    si_snr: Float64[Tensor, "batch ref"]
    mixture_si_snr: Float64[Tensor, "batch ref"]
    order: Int64[Tensor, "batch ref"]
    active_reference: Bool[Tensor, "batch ref"]
    active_estimate: Bool[Tensor, "batch ref"]
    estimates: Int64[Tensor, " batch"]

    @property
    def improvement(self) -> Float64[Tensor, "batch ref"]:
        """What separation gained, in dB."""
        return self.si_snr - self.mixture_si_snr

    @property
    def active_pair(self) -> Bool[Tensor, "batch ref"]:
        """Reference and estimate both sound."""
        return self.active_reference & self.active_estimate

    @property
    def references(self) -> Int64[Tensor, " batch"]:
        """How many references of each clip sound."""
        return self.active_reference.sum(1)

    @property
    def excess(self) -> Int64[Tensor, " batch"]:
        """Sounding estimates beyond the sounding references: below 0 is under-, above 0 over-separation."""
        return self.estimates - self.references


def source_scores(
    estimate: Float[Tensor, "batch est sample"],
    reference: Float[Tensor, "batch ref sample"],
    mixture: Float[Tensor, "batch sample"] | None = None,
    *,
    zero_mean: bool = False,
) -> SourceScores:
    """Every reference beside the estimate that belongs to it: the order with the largest sum of SI-SNR.

    Where there are fewer references than estimates, or the other way round, the missing ones are silent.

    Args:
        estimate: any scale for SI-SNR; what counts as faint depends on it.
        reference: the isolated sources, silent where a clip has fewer.
        mixture: what was separated; None is the sum of the references.
        zero_mean: subtract every wave's mean for SI-SNR; the published evaluation does not.

    Raises:
        ValueError: more than eight estimates or references.

    Source: S. Wisdom et al., What's all the FUSS about free universal sound separation data?, ICASSP 2021, and
    the evaluation published with it.
    """
    mixture = reference.sum(1) if mixture is None else mixture
    given, count = reference.shape[1], max(estimate.shape[1], reference.shape[1])
    estimate, reference = (functional.pad(x, (0, 0, 0, count - x.shape[1])) for x in (estimate, reference))
    pairs = pairwise_si_snr(estimate, reference, zero_mean=zero_mean)
    order = best_permutation(-pairs)
    reference_power, estimate_power = (x.double().square().mean(-1) for x in (reference, estimate))
    active = reference_power.sqrt() > SILENT_RMS
    quietest = reference_power.where(active, torch.inf).amin(1, keepdim=True)
    heard = estimate_power > FAINT * quietest
    return SourceScores(
        si_snr=pairs.gather(2, order.unsqueeze(2)).squeeze(2)[:, :given],
        mixture_si_snr=pairwise_si_snr(mixture.unsqueeze(1), reference, zero_mean=zero_mean).squeeze(2)[:, :given],
        order=order[:, :given],
        active_reference=active[:, :given],
        active_estimate=heard.gather(1, order)[:, :given],
        estimates=heard.sum(1),
    )
