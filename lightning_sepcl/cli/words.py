"""The words behind `sepcl fit`: files, the options of the verb itself, and settings of the experiment, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lightning_sepcl.errors import UserError

OWN_FLAGS = {"resume", "help-all", "print_config"}
"""Options without a value."""
OWN_VALUES = {"config", "run", "ckpt_path", "plugins"}
"""Options with a value that belong to the verb rather than to the experiment."""


@dataclass
class Words:
    """What was asked for.

    Attributes:
        configs: experiment files, first to last.
        run: folder of the run, if given.
        ckpt_path: checkpoint to start from or to judge, if given.
        plugins: Python files with classes of the user's own.
        flags: which of `OWN_FLAGS` were given.
        settings: (option, text) of the experiment, in order; they win over all files, wherever they stand.
    """

    configs: list[str] = field(default_factory=list)
    run: str | None = None
    ckpt_path: str | None = None
    plugins: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    settings: list[tuple[str, str]] = field(default_factory=list)


def words_of(args: Sequence[str]) -> Words:
    """Sort the words of a command line.

    Raises:
        UserError: a word is no option, or an option lacks its value.

    >>> words_of(["--trainer.max_epochs", "2", "--config=a.yaml", "--resume"]).settings
    [('trainer.max_epochs', '2')]
    """
    found = Words()
    rest = list(args)
    while rest:
        word = rest.pop(0)
        option, equals, value = ("--config" if word == "-c" else word).partition("=")
        if word.endswith((".yaml", ".yml")) and not word.startswith("-"):
            raise UserError(f"{word!r} is not an option: an experiment is named by --config {word}")
        if not option.startswith("--") or option == "--":
            raise UserError(f"{word!r} is not an option: options begin with --, and a value with spaces needs quotes")
        name = option.removeprefix("--")
        if name in OWN_FLAGS:
            if equals:
                raise UserError(f"{option} takes no value")
            found.flags.add(name)
            continue
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise UserError(f"{option} needs a value")
            value = rest.pop(0)
        _note(found, name, value)
    return found


def _note(found: Words, name: str, value: str) -> None:
    if name == "config":
        found.configs.append(value)
    elif name == "plugins":
        found.plugins.append(value)
    elif name == "run":
        found.run = value
    elif name == "ckpt_path":
        found.ckpt_path = value
    else:
        found.settings.append((name, value))
