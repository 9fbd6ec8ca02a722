"""Plugins of this suite from the sections of an experiment, without the command line's machinery."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.saved import in_a_line


def plugin(section: Any, room: str, base: type) -> Any:
    """The object that {class_path, init_args} describes, or a bare name; sections inside its arguments too.

    Args:
        section: as it stands in an experiment.
        room: whose public classes may be named, such as `lightning_sepcl.augment`.
        base: what the class must extend.

    Raises:
        UserError: no such class in the room, or it takes other arguments.
    """
    path, arguments = _named(section)
    found = getattr(importlib.import_module(room), path.rpartition(".")[2], None)
    outside = "." in path and not path.startswith("lightning_sepcl.")
    if outside or not isinstance(found, type) or not issubclass(found, base):
        known = importlib.import_module(room).__all__
        raise UserError(f"{room} has no {base.__name__.lower()} called {path}; it has: {', '.join(known)}")
    try:
        return found(**{name: _value(value, room) for name, value in arguments.items()})
    except (TypeError, ValueError) as error:
        raise UserError(f"{path} cannot be built from these arguments: {in_a_line(error)}") from error


def _named(section: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(section, str):
        return section, {}
    if not isinstance(section, Mapping) or not isinstance(section.get("class_path"), str):
        raise UserError(f"{section!r} names no class: write a name, or class_path and init_args")
    return section["class_path"], section.get("init_args") or {}


def _value(value: Any, room: str) -> Any:
    """Plugins in the place of their sections and of their bare names."""
    if isinstance(value, list):
        return [_value(item, room) for item in value]
    if isinstance(value, Mapping) and "class_path" in value:
        return plugin(value, room, object)
    if isinstance(value, str) and value in importlib.import_module(room).__all__:
        return plugin(value, room, object)
    return value
