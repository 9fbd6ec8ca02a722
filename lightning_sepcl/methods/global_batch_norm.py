"""Batch norm over the clips of all processes, on any device: what `trainer.sync_batchnorm` does on GPUs alone."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lightning_sepcl.objectives.gather_with_gradient import world_size


class GlobalBatchNorm(_BatchNorm):
    """Batch norm whose mean and variance are those of all processes' batches together, to the rounding.

    With one process, and in evaluation, it is torch's. The processes may hold different numbers of rows. Statistics
    are sums in at least float32, the variance in two passes; two collectives on the way there, two on the way back.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(n, channel, ...) of the same shape; statistics over all axes but the channel's."""
        if not self.training or world_size() == 1:
            return super().forward(x)
        y = x if x.dtype == torch.float64 else x.float()
        axes = [axis for axis in range(y.ndim) if axis != 1]
        shape = [1, -1, *[1] * (y.ndim - 2)]
        rows = y.new_full((1,), y.numel() // y.shape[1])
        sums = sum_over_processes(torch.cat([y.sum(axes), rows]))
        count, mean = sums[-1].detach(), sums[:-1] / sums[-1].detach()
        centred = y - mean.reshape(shape)
        variance = sum_over_processes(centred.square().sum(axes)) / count
        self._remember(mean.detach(), variance.detach() * (count / (count - 1)))
        z = centred * (variance + self.eps).rsqrt().reshape(shape)
        if self.affine:
            z = z * self.weight.reshape(shape) + self.bias.reshape(shape)
        return z.to(x.dtype)

    def _check_input_dim(self, x: Tensor) -> None:
        """Any number of axes: it stands for the norms of waves, features and embeddings alike."""

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        share = 1 / self.num_batches_tracked if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean), share)
        self.running_var.lerp_(variance.to(self.running_var), share)


class GlobalBatchNorms(pl.Callback):
    """Makes every batch norm of a method a `GlobalBatchNorm` while it trains: name it under `trainer.callbacks`.

    For processes on CPUs, where `trainer.sync_batchnorm` does not run. Parameters, statistics and their names stay, so
    that checkpoints are the same with and without.
    """

    def __init__(self) -> None:
        self._were: list[tuple[nn.Module, type[nn.Module]]] = []

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Exchange the classes; whoever holds a layer, or its weights, keeps them."""
        if stage == "fit":
            norms = [m for m in pl_module.modules() if isinstance(m, _BatchNorm)]
            self._were = [(norm, type(norm)) for norm in norms]
            for norm in norms:
                norm.__class__ = GlobalBatchNorm

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Give every layer its own class back."""
        for norm, own in self._were:
            norm.__class__ = own
        self._were = []


def sum_over_processes(x: Tensor) -> Tensor:
    """The sum of every process's `x`; on the way back every process gets the sum of what all ask of it."""
    total: Tensor = _Sum.apply(x)
    return total


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total
