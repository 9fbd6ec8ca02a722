"""The data loaders of a trainer, which has one, several or none."""

from __future__ import annotations

from typing import Any


def all_loaders(loaders: Any) -> list[Any]:
    """What `trainer.val_dataloaders` or `trainer.test_dataloaders` holds, as a list.

    >>> all_loaders(None), all_loaders("one"), all_loaders(("a", "b"))
    ([], ['one'], ['a', 'b'])
    """
    if loaders is None:
        return []
    return list(loaders) if isinstance(loaders, list | tuple) else [loaders]
