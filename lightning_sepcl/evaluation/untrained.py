"""The learner before it has learned: an encoder at its initial weights is a strong baseline and always worth a row."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from lightning_sepcl.evaluation.baselines import Baseline

PREFIX = "untrained "


class UntrainedEncoder(Baseline):
    """A deep copy of a module with `embed(wave, length) -> dict`, at the weights it began with.

    Args:
        module: what embeds; it stays as it is. A Lightning module's trainer is not copied along.
        weights: parameters by name to go back to, taken before a checkpoint was loaded; None: those it has now. Buffers
            stay as they are.

    Raises:
        ValueError: the module has no method `embed`, or `weights` are not for it.
    """

    def __init__(self, module: nn.Module, weights: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        if not callable(getattr(module, "embed", None)):
            raise ValueError(
                f"an untrained row needs a method `embed(wave, length)` on {type(module).__name__}: "
                "add it, or set `untrained` of the evaluation to false"
            )
        self.module: Any = _copy_without_trainer(module)
        if weights is not None:
            _load(self.module, weights)
        self.module.eval().requires_grad_(False)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def set_batch_norm(self, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Replace the batch-norm statistics, which are 0 and 1 at first, by those of `batches` of (wave, length).

        About twenty batches of training clips do; without them the row would be unfairly poor.
        """
        norms = [m for m in self.module.modules() if isinstance(m, _BatchNorm) and m.running_mean is not None]
        momenta = [m.momentum for m in norms]
        if not norms:
            return
        for norm in norms:  # these alone learn: dropout, say, stays out of the way
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over all batches
            norm.train()
        for wave, length in batches:
            self.module.embed(wave, length)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def forward(self, wave: Float[Tensor, "n mic sample"], length: Int[Tensor, " n"]) -> dict[str, Tensor]:
        """What the module embeds, each name with `untrained ` before it."""
        return {PREFIX + name: h for name, h in self.module.embed(wave, length).items()}


def _copy_without_trainer(module: nn.Module) -> nn.Module:
    trainer = getattr(module, "_trainer", None)  # the property `trainer` raises where there is none
    with torch.inference_mode(False):
        return copy.deepcopy(module, {} if trainer is None else {id(trainer): None})


def _load(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    own = dict(module.named_parameters())
    if own.keys() != weights.keys() or any(own[name].shape != weights[name].shape for name in own):
        raise ValueError(
            f"the initial weights no longer fit {type(module).__name__} (layers were added after `setup`): "
            "set `untrained` of the evaluation to false"
        )
    with torch.no_grad():
        for name, value in own.items():
            value.copy_(weights[name])
