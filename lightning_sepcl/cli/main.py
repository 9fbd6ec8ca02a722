"""`sepcl VERB ...`: finds the verb, runs it, and turns errors that are the user's to mend into a line."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from functools import partial

from lightning_sepcl import __version__
from lightning_sepcl.cli.closest import suggestion
from lightning_sepcl.cli.help_text import short_help
from lightning_sepcl.cli.verbs import TRAINING_VERBS, VERBS
from lightning_sepcl.errors import UserError

FAILED = 2
"""Exit status after an error that is the user's to mend."""
INTERRUPTED = 130


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
        return _function_of(verb)(rest)
    except (UserError, FileNotFoundError) as error:
        if os.environ.get("SEPCL_DEBUG"):
            raise
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, such as `head`, had enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - nothing more is to be written, also not at exit
        return 0
    except SystemExit as stop:  # argparse leaves this way after --help
        return stop.code if isinstance(stop.code, int) else 0


def overview() -> str:
    """The verbs, a line each."""
    width = max(len(verb) for verb in VERBS)
    lines = ["sepcl VERB [OPTIONS]: learning audio representations, and separating sound", ""]
    lines += [f"  {verb:<{width}}  {what}" for verb, (what, _) in VERBS.items()]
    return "\n".join([*lines, "", "sepcl VERB --help tells more. SEPCL_DEBUG=1 shows where an error came from."])


def _function_of(verb: str) -> Callable[[list[str]], int]:
    if verb not in VERBS:
        raise UserError(f"no verb {verb!r}{suggestion(verb, VERBS)}; there are: {', '.join(VERBS)}")
    module, _, name = VERBS[verb][1].partition(":")
    function: Callable[..., int] = getattr(importlib.import_module(module), name)
    return partial(function, verb) if verb in TRAINING_VERBS else function


if __name__ == "__main__":
    sys.exit(main())
