"""Which classes may stand where: from an argument's type to the classes that fit, from a bare name to one of them."""

from __future__ import annotations

import collections.abc
import importlib
import inspect
import typing
from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

from lightning_sepcl.cli.closest import listed, suggestion
from lightning_sepcl.errors import UserError

_PLAIN = (int, float, str, bool, bytes, complex, Path, object, type(None))
_LISTS = (list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


@dataclass(frozen=True)
class Slot:
    """What an argument's type allows.

    Attributes:
        bases: a class that extends one of these.
        given: how many first arguments the owner will pass itself (for recipes such as `Callable[[int], Head]`).
        item: the type of a list's items, or None if lists are not allowed.
        entry: the type of a mapping's values, or None if mappings are not allowed.
        plain: whether a plain value is allowed that may be written as one word.
    """

    bases: tuple[type, ...] = ()
    given: int = 0
    item: Any = None
    entry: Any = None
    plain: bool = False


def slot_of(hint: Any) -> Slot:
    """What `hint` allows.

    >>> slot_of(list[Path] | float).plain
    True
    """
    bases: list[type] = []
    given, item, entry, plain = 0, None, None, False
    for member in _members(hint):
        origin, arguments = typing.get_origin(member), typing.get_args(member)
        if member in (str, int, float, bool, Path, Any):
            plain = True
        elif origin in _LISTS and arguments:
            item = arguments[0]
        elif origin in _MAPPINGS and len(arguments) == 2:
            entry = arguments[1]
        elif origin is collections.abc.Callable and len(arguments) == 2:
            made = [t for t in _members(arguments[1]) if _is_class(t)]
            bases += made
            given = len(arguments[0]) if made and isinstance(arguments[0], list) else 0
        elif _is_class(member):
            bases.append(member)
    return Slot(tuple(bases), given, item, entry, plain)


def class_named(name: str, slot: Slot, where: str) -> Any:
    """The class a bare name or an import path means in a slot (or a function, if the path leads to one).

    Raises:
        UserError: nothing of that name fits the slot, or several do.
    """
    if "." in name:
        return _imported(name, slot, where)
    fitting = {path_of(c): c for c in subclasses(slot.bases) if c.__name__ == name}
    if len(fitting) > 1:
        raise UserError(f"{where}: {name} could be {' or '.join(sorted(fitting))}: write the full path")
    if not fitting:
        names = [c.__name__ for c in subclasses(slot.bases) if _offered(c)]
        kind = " or ".join(b.__name__ for b in slot.bases)
        raise UserError(f"{where}: no {kind} is called {name!r}{suggestion(name, names)}\nthere are: {listed(names)}")
    return next(iter(fitting.values()))


def is_class_name(name: str, slot: Slot) -> bool:
    """Whether a bare word is the name of a class that fits."""
    return any(c.__name__ == name for c in subclasses(slot.bases))


def allows_null(hint: Any) -> bool:
    """Whether nothing is a value of this type."""
    return any(member in (type(None), None, Any, object) for member in _members(hint))


def path_of(thing: Any) -> str:
    """The import path of a class or function."""
    return f"{thing.__module__}.{thing.__qualname__}"


def subclasses(bases: tuple[type, ...]) -> Iterator[type]:
    """The bases and all that was imported and extends them."""
    seen: set[type] = set()
    todo = list(bases)
    while todo:
        cls = todo.pop()
        if cls not in seen:
            seen.add(cls)
            yield cls
            todo.extend(type.__subclasses__(cls))


def _offered(cls: type) -> bool:
    """Whether a class is worth naming in a list of choices."""
    return not inspect.isabstract(cls) and not cls.__name__.startswith("_") and "._" not in cls.__module__


def _imported(path: str, slot: Slot, where: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        thing = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(f"{where}: cannot import {path}: {error}") from error
    if isinstance(thing, type) and not issubclass(thing, slot.bases):
        kind = " or ".join(b.__name__ for b in slot.bases)
        raise UserError(f"{where}: {path} is not a kind of {kind}")
    return thing


def _members(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a union, or the type alone."""
    if getattr(typing.get_origin(hint), "__name__", "") in ("Union", "UnionType"):
        return tuple(m for a in typing.get_args(hint) for m in _members(a))
    return (typing.get_args(hint)[0],) if typing.get_origin(hint) is typing.Annotated else (hint,)


def _is_class(hint: Any) -> bool:
    return (
        isinstance(hint, type)
        and not (hint in _PLAIN or hint in _LISTS or hint in _MAPPINGS or typing.get_origin(hint) or is_dataclass(hint))
        and hint.__module__ not in ("enum", "datetime", "builtins")
    )
