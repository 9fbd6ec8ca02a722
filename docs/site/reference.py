"""The generated pages: what every room exports, what every verb says of itself, and the gallery of augmentations."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import os
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from navigation import toctree

import lightning_sepcl
from lightning_sepcl.cli.data import SUBVERBS as DATA_VERBS
from lightning_sepcl.cli.families import default_families
from lightning_sepcl.cli.gallery import ABOUT, shown_sounds
from lightning_sepcl.cli.main import main
from lightning_sepcl.cli.verbs import VERBS
from lightning_sepcl.report.gallery_page import cards

ROOM_VERBS = ("render", "preview", "inspect")
HELP_COLUMNS = "100"


def rooms() -> list[ModuleType]:
    """The modules that have something to show, by name: the rooms of the suite, and the simulator."""
    names = [f"lightning_sepcl.{found.name}" for found in pkgutil.iter_modules(lightning_sepcl.__path__)]
    modules = [importlib.import_module(name) for name in (*names, "data_sim", "data_sim.corpus")]
    return [module for module in modules if exported(module)]


def exported(room: ModuleType) -> list[Any]:
    """The classes and functions that a room shows to others and that are its own, each once.

    What others extend comes first. A room without `__all__` shows those of its modules; the command line shows its
    verbs instead.
    """
    if room.__name__ == "lightning_sepcl.cli":
        return []
    if hasattr(room, "__all__"):
        things = [getattr(room, name) for name in room.__all__]
        return sorted((t for t in things if _is_shown(t, room.__name__)), key=lambda t: not _is_base(t, things))
    modules = [room]
    if hasattr(room, "__path__"):
        modules = [importlib.import_module(f"{room.__name__}.{m.name}") for m in pkgutil.iter_modules(room.__path__)]
    return [thing for module in modules for thing in _public(module)]


def room_page(room: ModuleType) -> str:
    """A page with everything a room exports, from its docstrings."""
    directives = []
    for thing in exported(room):
        kind = "class" if isinstance(thing, type) else "function"
        directives.append(f".. auto{kind}:: {thing.__module__}.{thing.__qualname__}")
    body = "\n\n".join(directives)
    return f"# {room.__name__}\n\n{summary(room)}\n\n```{{eval-rst}}\n{body}\n```\n"


def rooms_index(found: list[ModuleType]) -> str:
    """What each room is, with a link to its page."""
    lines = ["# Python API", "", INDEX, "", "| room | what it is |", "|---|---|"]
    lines += [f"| [{room.__name__}]({room.__name__}.md) | {summary(room)} |" for room in found]
    return "\n".join([*lines, "", toctree([f"reference/{room.__name__}" for room in found])])


INDEX = (
    "Written from the docstrings. Any class of a room can be named in an experiment by its bare name; "
    "`sepcl plugins NAME` prints the same arguments in the terminal."
)


def command_line_page() -> str:
    """What `sepcl VERB --help` prints, for every verb and what stands below it."""
    lines = ["# Command line", "", "What `sepcl VERB --help` prints, verb by verb.", ""]
    for words in _verbs():
        lines += [f"## {' '.join(words)}", "", "```text", _help(words), "```", ""]
    return "\n".join(lines)


def gallery() -> str:
    """The gallery of augmentations as a page of the site, made as `sepcl plugins --gallery` makes it."""
    page = f"# Gallery of augmentations\n\n{ABOUT} {GALLERY}\n\n```{{raw}} html\n<div class='sounds'>\n"
    return f"{page}{cards(shown_sounds(None, 2, default_families(), ()))}\n</div>\n```\n"


GALLERY = (
    "What each does and its arguments: [Augmentations](/docs/augmentations.md). With a sound of yours: "
    "`sepcl plugins --gallery augmentations.html --sound my.wav`."
)


def summary(module: ModuleType) -> str:
    """The first sentence of a module's docstring, a line."""
    text = " ".join(inspect.getdoc(module).split("\n\n")[0].split()) if module.__doc__ else ""
    return text.partition(" This list of imports")[0]


def _public(module: ModuleType) -> list[Any]:
    named = {name: thing for name, thing in vars(module).items() if not name.startswith("_")}
    return [thing for thing in named.values() if _is_shown(thing, module.__name__)]


def _is_base(thing: Any, things: list[Any]) -> bool:
    classes = [other for other in things if isinstance(other, type) and other is not thing]
    return isinstance(thing, type) and any(thing in other.__mro__ for other in classes)


def _is_shown(thing: Any, room: str) -> bool:
    is_code = inspect.isfunction(thing) or isinstance(thing, type)
    return is_code and (thing.__module__ == room or thing.__module__.startswith(f"{room}."))


def _verbs() -> Iterator[tuple[str, ...]]:
    for verb in VERBS:
        yield (verb,)
        if verb in ("data", "rooms"):
            yield from ((verb, below) for below in (DATA_VERBS if verb == "data" else ROOM_VERBS))


def _help(words: tuple[str, ...]) -> str:
    os.environ["COLUMNS"] = HELP_COLUMNS
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = _status(words)
    if status or not out.getvalue():
        raise RuntimeError(f"sepcl {' '.join(words)} --help ended with {status}")
    return out.getvalue().rstrip()


def _status(words: tuple[str, ...]) -> int:
    try:
        return main([*words, "--help"])
    except SystemExit as stop:
        return int(stop.code or 0)
