"""`sepcl VERB ...`: finds the verb, runs it, and turns errors that are the user's to mend into a line."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import partial

from lightning_sepcl import __version__
from lightning_sepcl.cli.closest import suggestion
from lightning_sepcl.cli.help_text import short_help
from lightning_sepcl.cli.verbs import GROUPS, TRAINING_VERBS, VERBS
from lightning_sepcl.errors import UserError, exit_status


def main(args: list[str] | None = None) -> int:
    """Run `sepcl` with these arguments (default: those of the process); returns the exit status."""
    verb, *rest = (sys.argv[1:] if args is None else args) or ["--help"]
    if verb in ("--help", "-h", "help"):
        print(overview())
        return 0
    if verb in ("--version", "version"):
        print(f"sepcl {__version__}")
        return 0
    if verb in TRAINING_VERBS and {"--help", "-h"} & set(rest):
        print(short_help(verb))
        return 0
    try:
        return exit_status(lambda: _function_of(verb)(rest))
    except SystemExit as stop:  # argparse leaves this way after --help
        return stop.code if isinstance(stop.code, int) else 0


def overview() -> str:
    """The verbs, a line each, by what they are for."""
    width = max(len(verb) for verb in VERBS)
    lines = ["sepcl VERB [OPTIONS]: learning audio representations, and separating sound"]
    for title, verbs in GROUPS.items():
        lines += ["", f"{title}:", *(f"  {verb:<{width}}  {what}" for verb, (what, _) in verbs.items())]
    return "\n".join([*lines, "", "sepcl VERB --help tells more. SEPCL_DEBUG=1 shows where an error came from."])


def _function_of(verb: str) -> Callable[[list[str]], int]:
    if verb not in VERBS:
        raise UserError(f"no verb {verb!r}{suggestion(verb, VERBS)}; there are: {', '.join(VERBS)}")
    module, _, name = VERBS[verb][1].partition(":")
    function: Callable[..., int] = getattr(importlib.import_module(module), name)
    return partial(function, verb) if verb in TRAINING_VERBS else function


if __name__ == "__main__":
    sys.exit(main())
