"""Which parameters are decayed: the weights of layers, but neither biases nor what belongs to a norm."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

_NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


def parameter_groups(module: nn.Module) -> list[dict[str, Any]]:
    """The trainable parameters in two groups for an optimiser: with its weight decay, and with none.

    Undecayed is what has fewer than two axes (biases, gains) and whatever a norm owns. An empty group is left out.
    """
    of_norms = {id(p) for part in module.modules() if isinstance(part, _NORMS) for p in part.parameters(recurse=False)}
    decayed, undecayed = list[Tensor](), list[Tensor]()
    for parameter in module.parameters():
        if parameter.requires_grad:
            (undecayed if parameter.ndim < 2 or id(parameter) in of_norms else decayed).append(parameter)
    groups: list[dict[str, Any]] = [{"params": decayed}, {"params": undecayed, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]
