"""argparse for the small verbs: one line for an error, with the name that was probably meant."""

from __future__ import annotations

import argparse
import re
from typing import NoReturn

from lightning_sepcl.cli.closest import suggestion
from lightning_sepcl.errors import UserError


class VerbParser(argparse.ArgumentParser):
    """A parser that raises `UserError` instead of printing its usage and leaving."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=prog, description=description, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Called by argparse with what it found."""
        unknown = re.search(r"unrecognized arguments: (\S+)", message)
        if unknown:
            options = [option for action in self._actions for option in action.option_strings]
            message = f"no option {unknown[1]}{suggestion(unknown[1].partition('=')[0], options)}"
        raise UserError(f"{self.prog}: {message}; {self.prog} --help shows what there is")
