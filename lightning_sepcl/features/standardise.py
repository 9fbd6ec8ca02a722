"""Features at mean 0 and deviation 1 over the training data; the statistics travel in the checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Standardise(nn.Module):
    """(x - mean) / std, with statistics found once by `fit` and kept as buffers.

    Args:
        bins: null: one mean and one deviation for everything; a number: one pair per frequency bin, of which the
            features have so many.
        groups: how many channels, one after the other, share a mean and a deviation; empty: all do.

    Attributes:
        mean: (), (bins, 1), or (channel, 1, 1) with groups.
        std: the same shape, of the population; 1 where the features never change.
        fitted: (), whether the two mean anything yet.
    """

    mean: Tensor
    std: Tensor
    fitted: Tensor

    def __init__(self, bins: int | None = None, groups: Sequence[int] = ()) -> None:
        super().__init__()
        if bins is not None and groups:
            raise ValueError("Standardise: `bins` and `groups` exclude each other")
        self.groups = tuple(groups)
        shape = (sum(groups), 1, 1) if groups else () if bins is None else (bins, 1)
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("std", torch.ones(shape))
        self.register_buffer("fitted", torch.tensor(False))
        self._known_fitted = False  # spares the forward pass a wait for the GPU

    def fit(self, features: Iterable[Float[Tensor, "_ _ _ _"]]) -> None:
        """Mean and deviation over all values of all tensors (n, channel, freq, frame), each looked at once.

        Sums are kept in float64 and merged part by part, so that neither the order nor the number of values costs
        precision.

        Raises:
            ValueError: there were no values, or one was not finite.

        Source: Chan, Golub and LeVeque 1979, merging of partial means and squared deviations.
        """
        count, mean, squares = 0, torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
        for part in features:
            values = self._by_statistic(part)
            part_count = values.shape[-1]
            if part_count == 0:
                continue
            part_mean = values.mean(-1)
            part_squares = (values - part_mean[..., None]).square().sum(-1)
            total, step = count + part_count, part_mean - mean
            squares = squares + part_squares + step.square() * (count * part_count / total)
            mean, count = mean + step * (part_count / total), total
        if count == 0:
            raise ValueError("no features to find mean and deviation of: is the training set empty?")
        if not bool(torch.isfinite(squares).all()):
            raise ValueError("mean and deviation of the features are not finite: look for NaN or infinity in the clips")
        variance = squares / count
        if self.groups:
            mean, variance = self._pooled(mean, variance)
        std = variance.sqrt()
        self.mean.copy_(mean.reshape(self.mean.shape))
        self.std.copy_(torch.where(std > 0, std, torch.ones_like(std)).reshape(self.std.shape))
        self.fitted.fill_(True)

    def forward(self, x: Float[Tensor, "n channel freq frame"]) -> Float[Tensor, "n channel freq frame"]:
        """The features, standardised.

        Raises:
            RuntimeError: neither `fit` nor a checkpoint has brought the statistics.
        """
        if not self._known_fitted:
            self._known_fitted = bool(self.fitted)
        if not self._known_fitted:
            raise RuntimeError("the features' mean and deviation are not known: call `fit` or load a checkpoint first")
        return (x - self.mean) / self.std

    def _by_statistic(self, x: Tensor) -> Float[Tensor, "*bins value"]:
        """Float64 on the CPU, the values that share a mean along the last axis."""
        x = x.detach().to("cpu", torch.float64)
        if self.groups:
            if x.shape[1] != sum(self.groups):
                raise ValueError(
                    f"Standardise: `groups` are {self.groups}, but the features have {x.shape[1]} channels"
                )
            return x.movedim(1, 0).flatten(1)
        if self.mean.ndim == 0:
            return x.flatten()
        if x.shape[2] != len(self.mean):
            raise ValueError(f"Standardise: `bins` is {len(self.mean)}, but the features have {x.shape[2]}")
        return x.movedim(2, 0).flatten(1)

    def _pooled(self, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
        """From figures of each channel, which all have as many values, to those of its group, for each channel."""
        means, variances = [], []
        groups = list(self.groups)
        for own, spread in zip(torch.split(mean, groups), torch.split(variance, groups), strict=True):
            means.append(own.mean().expand_as(own))
            variances.append((spread + own.square()).mean().sub(own.mean().square()).clamp(min=0).expand_as(own))
        return torch.cat(means), torch.cat(variances)
