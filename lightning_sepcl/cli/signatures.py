"""What a constructor accepts: names, types, defaults and help, from its signature and docstring."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True)
class Argument:
    """One argument of a constructor; `default` is `REQUIRED` where there is none."""

    name: str
    type: Any
    default: Any
    help: str = ""


@dataclass(frozen=True)
class Signature:
    """The arguments by name; `open` if the constructor also takes names that cannot be told from here."""

    arguments: dict[str, Argument]
    open: bool = False


def signature_of(maker: Callable[..., Any], skip: int = 0) -> Signature:
    """What a class or function accepts, less the first `skip` arguments.

    A constructor with `**kwargs` hands them on to the class it extends, so that one's arguments count too.
    """
    if not isinstance(maker, type):
        arguments, is_open = _own_arguments(maker)
        return Signature(dict(list(arguments.items())[skip:]), is_open)
    found: dict[str, Argument] = {}
    is_open = True
    for owner in (c for c in maker.__mro__ if "__init__" in vars(c)):
        arguments, is_open = ({}, False) if owner is object else _own_arguments(vars(owner)["__init__"], skip_self=True)
        helps = _argument_helps(owner)
        for name, argument in arguments.items():
            known = found.get(name, argument)
            found[name] = Argument(name, known.type, known.default, known.help or helps.get(name, ""))
        if not is_open:
            break
    if "__init__" in vars(maker) and not set(found) <= set(_own_arguments(vars(maker)["__init__"], skip_self=True)[0]):
        left = _left_to_write(maker)
        found = {name: argument for name, argument in found.items() if name in left}
    own = _argument_helps(maker)
    found = {n: Argument(n, a.type, a.default, own.get(n, a.help)) for n, a in found.items()}
    return Signature(dict(list(found.items())[skip:]), is_open)


def default_parts(maker: type) -> dict[str, dict[str, Any]]:
    """The arguments whose default is a class with arguments, such as `lambda p: Adam(p)`, as one writes them."""
    from jsonargparse import ArgumentParser, Namespace

    parser = ArgumentParser(exit_on_error=False, print_config=None)
    names = parser.add_class_arguments(maker, fail_untyped=False)
    defaults = parser.get_defaults()
    found = {name: defaults.get(name) for name in names if isinstance(defaults.get(name), Namespace)}
    return {name: value.as_dict() for name, value in found.items() if "class_path" in value}


def summary_of(thing: Any) -> str:
    """The first line of a docstring."""
    text = (thing.__doc__ or "").strip()
    return str(text.splitlines()[0]) if text else ""


def type_name(hint: Any) -> str:
    """A type as one writes it, without module names."""
    if isinstance(hint, type) and not typing.get_args(hint):
        return "null" if hint is type(None) else hint.__name__
    arguments = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if not arguments:
        return str(hint).replace("typing.", "").rpartition(".")[2]
    if origin is typing.Literal:
        return " or ".join(repr(a) for a in arguments)
    names = ["..." if a is ... else type_name(a) for a in arguments if not isinstance(a, list)]
    if getattr(origin, "__name__", "") in ("Union", "UnionType"):
        return " | ".join(names)
    if origin is not None and getattr(origin, "__name__", "") == "Callable":
        return f"recipe for {names[-1]}"
    return f"{getattr(origin, '__name__', origin)}[{', '.join(names)}]"


def _left_to_write(maker: type) -> set[str]:
    """The arguments that a constructor does not pass to the class it extends by itself."""
    from jsonargparse import ArgumentParser

    names = ArgumentParser(exit_on_error=False, print_config=None).add_class_arguments(maker, fail_untyped=False)
    return {name.partition(".")[0] for name in names}


def _own_arguments(function: Callable[..., Any], skip_self: bool = False) -> tuple[dict[str, Argument], bool]:
    """Named arguments of one function, and whether it takes `**kwargs`."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[1 if skip_self else 0 :]
    except (TypeError, ValueError):
        return {}, True
    hints = _hints(function)
    arguments = {}
    for p in parameters:
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            hint = hints.get(p.name, Any)
            arguments[p.name] = Argument(p.name, _with_null(hint) if p.default is None else hint, p.default)
    return arguments, any(p.kind is p.VAR_KEYWORD for p in parameters)


def _with_null(hint: Any) -> Any:
    return typing.Optional[hint]  # noqa: UP045 - the bar does not work on every kind of hint


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Resolved annotations; none where a name in them cannot be found at run time."""
    try:
        return typing.get_type_hints(function)
    except Exception:  # annotations may name anything, also what was never imported
        return {}


def _argument_helps(owner: type) -> dict[str, str]:
    """Help by argument name, from the `Args:` of the class's and its constructor's docstring."""
    from docstring_parser import parse

    helps: dict[str, str] = {}
    for text in (vars(owner).get("__doc__"), vars(owner)["__init__"].__doc__ if "__init__" in vars(owner) else None):
        if text and text.strip():
            helps |= {p.arg_name: " ".join((p.description or "").split()) for p in parse(text).params}
    return helps
