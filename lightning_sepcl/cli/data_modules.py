"""A data module by its name and its options, as they stand on the command line of `sepcl data`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from jsonargparse import ArgumentError, ArgumentParser

from lightning_sepcl.cli.closest import listed, suggestion
from lightning_sepcl.cli.families import default_families
from lightning_sepcl.cli.signatures import REQUIRED, signature_of
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.publications import PUBLICATIONS, Publication
from lightning_sepcl.errors import UserError


def data_modules() -> dict[str, type[AudioDataModule]]:
    """All of them, by the name of their class."""
    family = next(family for family in default_families() if family.name == "data")
    return {cls.__name__: cls for cls in family.members() if issubclass(cls, AudioDataModule)}


def class_named(name: str) -> type[AudioDataModule]:
    """The data module of that name, however it is capitalised.

    Raises:
        UserError: there is none; says which name was probably meant.
    """
    known = data_modules()
    found = [cls for key, cls in known.items() if key.lower() == name.lower()]
    if found:
        return found[0]
    raise UserError(f"no data set {name!r}{suggestion(name, known)}; there are: {listed(known)}")


def publication_of(name: str) -> Publication | None:
    """Where the data of a module come from; None where nobody publishes them."""
    return next((p for p in PUBLICATIONS if name in p.data_modules), None)


def built(cls: type[AudioDataModule], options: Sequence[str], verb: str) -> AudioDataModule:
    """The data module with its options, such as `--root DIR` or `--subset all`.

    Raises:
        UserError: no such option, a missing one, or a value of a wrong type.
    """
    arguments = signature_of(cls).arguments
    names = {name for name, argument in arguments.items() if name != "kwargs"}
    for word in options:
        name = word.partition("=")[0].removeprefix("--")
        if word.startswith("--") and name not in names:
            hint = suggestion(f"--{name}", [f"--{n}" for n in names])
            raise UserError(
                f"{verb}: {cls.__name__} has no option --{name}{hint}; sepcl plugins {cls.__name__} lists them"
            )
    given = {word.partition("=")[0].removeprefix("--") for word in options}
    for name, argument in arguments.items():
        if argument.default is REQUIRED and name not in given:
            raise UserError(f"{verb}: {cls.__name__} needs --{name}: {argument.help.rstrip('.')}")
    parser = ArgumentParser(exit_on_error=False, print_config=None)
    parser.add_class_arguments(cls, fail_untyped=False)
    try:
        values: dict[str, Any] = parser.parse_args(list(options)).as_dict()
        return cls(**values)
    except (ArgumentError, ValueError, TypeError) as error:
        keys = re.findall(r'Parser key "([^"]+)"', str(error))
        where = f"{cls.__name__} --{keys[0]}" if keys else cls.__name__
        reason = str(error).strip().splitlines()[-1].strip(" -").replace("typing.", "")
        raise UserError(f"{verb}: {where}: {reason}") from error
