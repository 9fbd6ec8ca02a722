"""The words that W&B's agent would put together for a run, and those that run the same here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning_sepcl.errors import UserError
from lightning_sepcl.ledger.errors import unknown_name

DEFAULT_COMMAND = ("${env}", "${interpreter}", "${program}", "${args}")
"""What W&B runs for a file without `command`."""
MACROS = ("env", "interpreter", "program", "args")
MACRO = re.compile(r"\$\{(\w+)\}")
VERB = "fit"
OFFLINE = "--trainer.logger=null"
"""The loggers of the experiment, such as the agent's one, stay out; the log in the run's folder is always written."""


def check_command(command: Sequence[str], where: str) -> None:
    """Refuses a command that is not one of `sepcl fit`, or holds a macro that is not known here.

    Raises:
        UserError: as said.
    """
    for word in command:
        if (macro := MACRO.fullmatch(word)) and macro[1] not in MACROS:
            raise unknown_name(macro[1], MACROS, f"{where}, command")
    if VERB not in command or "${args}" not in command:
        raise UserError(
            f"{where}: `command` should run `sepcl fit` and end with ${{args}}, as in "
            'command: ["${env}", "${interpreter}", -m, "${program}", fit, --config, experiments/demo.yaml, "${args}"]'
        )


def options(drawn: Mapping[str, Any]) -> list[str]:
    """Drawn values as an agent passes them.

    >>> options({"model.objective.temperature": 0.1, "model.encoder.norm": "none"})
    ['--model.objective.temperature=0.1', '--model.encoder.norm=none']
    """
    return [f"--{name}={value}" for name, value in drawn.items()]


def agent_words(command: Sequence[str], program: str, drawn: Mapping[str, Any]) -> list[str]:
    """The whole command line of an agent, macros replaced."""
    values = {"env": ["/usr/bin/env"], "interpreter": ["python"], "program": [program], "args": options(drawn)}
    found: list[str] = []
    for word in command:
        macro = MACRO.fullmatch(word)
        found += values[macro[1]] if macro else [word]
    return found


def fit_words(command: Sequence[str], drawn: Mapping[str, Any], folder: Path, extra: Sequence[str] = ()) -> list[str]:
    """What stands behind `sepcl` for the same run without an account, in a folder of its own, resumed where it stopped.

    Args:
        command: of the sweep file.
        drawn: value by parameter.
        folder: of the run.
        extra: further words, which win.
    """
    words = agent_words(command, "", drawn)
    return [*words[words.index(VERB) :], OFFLINE, "--run", str(folder), "--resume", *extra]
