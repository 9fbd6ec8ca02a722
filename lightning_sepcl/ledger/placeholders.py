"""`{name}` in the arguments of a table file: the folder of a stage, the seed or the scale of a job."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lightning_sepcl.ledger.errors import unknown_name

SCALE = "{scale}"
EXTRA = "{extra}"
"""As a word of a command: all that stands behind `--`."""

RESERVED = ("seed", "scale", "extra")
NAME = re.compile(r"(?<!\$)\{([A-Za-z][A-Za-z0-9_-]*)\}")
"""`{stage}`, but neither `${interpolation}` nor `{key: value}`, which belong to experiments."""


def names_in(texts: Sequence[str]) -> list[str]:
    """Names in braces, each once.

    >>> names_in(["--data.separated=[{near},{far}]", "${near}", "{a: 1}"])
    ['near', 'far']
    """
    return list(dict.fromkeys(name for text in texts for name in NAME.findall(text)))


def filled(texts: Sequence[str], values: Mapping[str, str], where: str) -> tuple[str, ...]:
    """The texts with every `{name}` replaced.

    Raises:
        LedgerError: a name has no value; the message names `where`.

    >>> filled(["--out={near}/x"], {"near": "runs/near-s0"}, "row `a`")
    ('--out=runs/near-s0/x',)
    """
    for name in names_in(texts):
        if name not in values:
            raise unknown_name(name, values, f"{where}, `{{{name}}}`")
    return tuple(NAME.sub(lambda match: values[match[1]], text) for text in texts)
