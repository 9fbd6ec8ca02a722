"""The verb `plugins`: every plugin by family, with its arguments; as text, or as JSON for other programs."""

from __future__ import annotations

import argparse
import inspect
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from lightning_sepcl.cli.closest import suggestion
from lightning_sepcl.cli.families import Family, default_families, import_rooms
from lightning_sepcl.cli.plugin_file import import_plugin_file
from lightning_sepcl.cli.signatures import REQUIRED, signature_of, summary_of, type_name
from lightning_sepcl.cli.slots import path_of
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.errors import UserError

Entry = dict[str, Any]


def run(args: list[str], families: Sequence[Family] | None = None) -> int:
    """Print the plugins that `args` ask for.

    Raises:
        UserError: no plugin of that name, or the plugin file cannot be imported.
    """
    wanted = _parser().parse_args(args)
    families = default_families() if families is None else families
    import_rooms(families)
    modules = [import_plugin_file(Path(file)) for file in wanted.path]
    if wanted.gallery:
        from lightning_sepcl.cli.gallery import write_gallery  # brings matplotlib along, which the lists do without

        write_gallery(wanted.gallery, wanted.sound, wanted.seed, families, modules)
        print(wanted.gallery)
        return 0
    entries = catalogue(families, modules)
    if wanted.name:
        entries = _named(entries, wanted.name)
    if wanted.json:
        print(json.dumps(entries, indent=1, ensure_ascii=False))
    else:
        print("\n\n".join(_detail(e) for e in entries) if wanted.name else _overview(entries))
    return 0


def catalogue(families: Sequence[Family], modules: Sequence[ModuleType] = ()) -> list[Entry]:
    """Every plugin as {family, name, path, summary, arguments}, in the order of the families."""
    return [
        _entry(family.name, cls)
        for family in families
        for cls in dict.fromkeys(c for module in (None, *modules) for c in family.members(module))
    ]


def _parser() -> argparse.ArgumentParser:
    parser = VerbParser("sepcl plugins", "What can be named in an experiment, by family.")
    parser.add_argument("name", nargs="?", help="one plugin, or one family; with all arguments")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--path", action="append", default=[], metavar="FILE.py", help="also the classes in this file")
    parser.add_argument("--gallery", type=Path, metavar="PAGE.html", help="a page to hear and see the augmentations")
    parser.add_argument("--sound", type=Path, metavar="FILE", help="sound for the page (default: a synthetic voice)")
    parser.add_argument("--seed", type=int, default=2, help="of the page's draws (default: 2, all are seen)")
    return parser


def _entry(family: str, cls: type) -> Entry:
    arguments = [
        {"name": a.name, "type": type_name(a.type), "default": _default(a.default), "help": a.help}
        for a in signature_of(cls).arguments.values()
    ]
    return {"family": family, "name": cls.__name__, "path": path_of(cls), "summary": summary_of(cls)} | {
        "arguments": arguments
    }


def _default(value: Any) -> Any:
    """A default that JSON can say: plain values as they are, `required`, or the source text of the rest."""
    if value is REQUIRED:
        return "required"
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(v, bool | int | float | str) for v in value):
        return list(value)
    if inspect.isfunction(value):
        return _lambda_text(value)
    return value.__name__ if isinstance(value, type) else str(value)


def _lambda_text(function: Any) -> str:
    """What a lambda in a signature makes: the part behind its colon."""
    try:
        source = inspect.getsource(function).strip()
    except OSError:
        return "a function"
    return source.partition("lambda")[2].partition(":")[2].strip().rstrip(",") or str(function.__name__)


def _named(entries: list[Entry], name: str) -> list[Entry]:
    found = [e for e in entries if name in (e["name"], e["path"])]
    found = found or [e for e in entries if e["family"] == name or e["name"].lower() == name.lower()]
    if not found:
        names = {e["name"] for e in entries} | {e["family"] for e in entries}
        raise UserError(f"no plugin or family is called {name!r}{suggestion(name, names)}; `sepcl plugins` lists them")
    return found


def _overview(entries: list[Entry]) -> str:
    lines: list[str] = []
    width = max((len(e["name"]) for e in entries), default=0)
    for family in dict.fromkeys(e["family"] for e in entries):
        lines += ["", family]
        lines += [f"  {e['name']:<{width}}  {e['summary']}" for e in entries if e["family"] == family]
    return "\n".join([*lines[1:], "", "sepcl plugins NAME shows the arguments of one"])


def _detail(entry: Entry) -> str:
    lines = [f"{entry['name']} ({entry['family']}): {entry['summary']}", f"class_path: {entry['path']}"]
    for argument in entry["arguments"]:
        default = argument["default"]
        value = "(required)" if default == "required" else f"= {json.dumps(default, ensure_ascii=False)}"
        lines.append(f"  {argument['name']}: {argument['type']} {value}")
        if argument["help"]:
            lines.append(textwrap.fill(argument["help"], 112, initial_indent="      ", subsequent_indent="      "))
    return "\n".join(lines)
