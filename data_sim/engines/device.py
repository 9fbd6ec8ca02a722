"""The device that is asked for, or a sentence why it cannot be had."""

from __future__ import annotations

import torch

from lightning_sepcl.errors import UserError


def usable_device(name: str) -> torch.device:
    """The torch device called so.

    Raises:
        UserError: no such device on this machine.
    """
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UserError(f"device {name!r} cannot be used on this machine: use 'cpu'") from error
    return device
