"""The name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(name: str, names: Iterable[str]) -> str | None:
    """The most similar of `names`, or None when none is near.

    >>> closest("Simclrr", ["SimCLR", "Supervised"]), closest("seed", ["run", "seed_everything"])
    ('SimCLR', 'seed_everything')
    """
    by_lower = {n.lower(): n for n in names}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    near = near or [n for n in by_lower if len(name) > 2 and n.startswith(name.lower())]
    return by_lower[near[0]] if near else None


def suggestion(name: str, names: Iterable[str], prefix: str = "") -> str:
    """`; did you mean ...?`, or nothing.

    >>> suggestion("temprature", ["temperature", "width"])
    '; did you mean temperature?'
    """
    near = closest(name, names)
    return f"; did you mean {prefix}{near}?" if near else ""


def listed(names: Iterable[str], most: int = 24) -> str:
    """Names in alphabetical order, cut short when there are very many."""
    ordered = sorted(set(names))
    return ", ".join(ordered[:most]) + (f" and {len(ordered) - most} more" if len(ordered) > most else "")
