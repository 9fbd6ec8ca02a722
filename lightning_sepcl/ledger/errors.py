"""What can be wrong with a table file or a record; the message is one sentence for the user."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from lightning_sepcl.errors import UserError


class LedgerError(UserError):
    """A table file, a claim or a run's record cannot be used; the message says which, why and what to do."""


def unknown_name(name: str, known: Iterable[str], where: str) -> LedgerError:
    """The error for a name that is not among `known`: it names the closest one, or lists them all.

    >>> str(unknown_name("linear_acuracy", ["linear_accuracy", "qbe_map"], "claim `better` of t.yaml"))
    'claim `better` of t.yaml: unknown name `linear_acuracy`, did you mean `linear_accuracy`?'
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"known are: {', '.join(names) or 'none'}"
    return LedgerError(f"{where}: unknown name `{name}`, {hint}")
