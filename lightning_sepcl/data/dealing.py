"""Deals names out to parts by a seeded hash: the same on every machine, in any order, whatever else is in the list."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def place(name: str, seed: int) -> float:
    """Where a name falls between 0 and 1; evenly spread, and for another seed elsewhere.

    Asking whether it lies below a share holds out about that share, and a name that comes or goes moves no other.

    >>> 0 <= place("dog", seed=0) < 1
    True
    """
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big") / 2**64


def drawn(names: Iterable[str], share: float, seed: int) -> frozenset[str]:
    """That share of the different names, rounded to whole ones: those that fall lowest.

    >>> len(drawn("abcdefghij", share=0.25, seed=0))
    2
    """
    order = sorted(set(names), key=lambda name: place(name, seed))
    return frozenset(order[: round(share * len(order))])


def dealt_out(names: Iterable[str], val_share: float, test_share: float, seed: int) -> dict[str, str]:
    """The split of every different name: those that fall lowest are for testing, the next for validation.

    >>> sorted(dealt_out("abcde", val_share=0.2, test_share=0.2, seed=0).values())
    ['test', 'train', 'train', 'train', 'val']
    """
    order = sorted(set(names), key=lambda name: place(name, seed))
    test = round(test_share * len(order))
    val = test + round(val_share * len(order))
    return {name: "test" if i < test else "val" if i < val else "train" for i, name in enumerate(order)}


def refuse_shares(val_share: float, test_share: float) -> None:
    """Check what `dealt_out` is asked for.

    Raises:
        ValueError: one of them, or their sum, is not within 0 and 1.
    """
    for name, share in {"val_share": val_share, "test_share": test_share}.items():
        refuse_share(name, share)
    refuse_share("val_share + test_share", val_share + test_share)


def refuse_share(name: str, share: float) -> None:
    """Check an argument that is a share.

    Raises:
        ValueError: not within 0 and 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"{name}={share} should be a share between 0 and 1")
