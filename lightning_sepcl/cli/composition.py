"""One experiment out of several files and dotted options: parents first, later layers win, sub-files in their place.

Mappings merge key by key, lists are replaced, `name+:` appends to a list. A class named anew keeps the arguments
written for the old one until `settling` knows which of them the new class accepts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lightning_sepcl.cli.yaml_file import Document, KeyPath, parse_yaml, read_yaml
from lightning_sepcl.errors import UserError
from lightning_sepcl.shipped import here_or_shipped

SPEC_KEYS = ("class_path", "init_args", "dict_kwargs")
PLUGIN_SLOTS = ("model", "data")
"""Top-level keys that hold a class, so that `--data.batch_size` means an argument of it."""


@dataclass
class ClassChange:
    """A later layer named another class in a slot: which arguments still stem from the layers before."""

    old: str
    origin: str
    inherited: set[str]


@dataclass
class Composition:
    """The experiment as far as it is put together.

    Attributes:
        value: nested mappings, lists and plain values.
        origins: where each value was written, `file:line` or the option.
        changes: slot -> the change of its class.
        plugins: Python files with the user's own classes, absolute, in order of appearance.
    """

    value: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, str] = field(default_factory=dict)
    changes: dict[KeyPath, ClassChange] = field(default_factory=dict)
    plugins: list[str] = field(default_factory=list)
    _read: set[Path] = field(default_factory=set)

    def add_file(self, path: Path) -> None:
        """Lay a file over what there is, its parents before it; a parent that was read already is not read again."""
        for file in family_of(path):
            if file == path.resolve() or file not in self._read:
                self._read.add(file)
                self._add_layer(_expanded(_layer(file, path), file.parent, (file,)), file.parent)

    def _add_layer(self, layer: Document, folder: Path) -> None:
        for plugin in layer.value.pop("plugins", None) or []:
            self.add_plugin(folder / str(plugin))
        self.value = self._merged(self.value, layer.value, (), layer.origins, ())

    def add_plugin(self, path: Path) -> None:
        """Note a Python file with classes of the user's own."""
        if str(path.resolve()) not in self.plugins:
            self.plugins.append(str(path.resolve()))

    def assign(self, option: str, text: str) -> None:
        """Set one value, as `--option text` does; `init_args` may be left out of the option.

        Raises:
            UserError: the option leads nowhere, or the text is a list or mapping with an error.
        """
        value = _option_value(option, text)
        *parents, last = option.removesuffix("+").split(".")
        node: Any = self.value
        path: KeyPath = ()
        for key in parents:
            node, path = _descended(*_argument_level(node, path, key), key, option)
            self.origins.setdefault(path, f"--{option}")
        node, path = _argument_level(node, path, last)
        at: Any = _position(node, last, option) if isinstance(node, list) else last
        path = (*path, at)
        self._noted_as_set(path)
        origins = {(*path, *inner): f"--{option}" for inner in value.origins} | {path: f"--{option}"}
        self.origins.update(origins)
        old = node[at] if isinstance(node, list) else node.get(at)
        node[at] = (
            _appended(old, value.value, option)
            if option.endswith("+")
            else self._merged(old, value.value, path, value.origins, path)
        )

    def origin(self, path: KeyPath) -> str:
        """Where a value, or the nearest block around it, was written."""
        while path and path not in self.origins:
            path = path[:-1]
        return self.origins.get(path, "")

    def resolved(self, key: str) -> str:
        """One top-level value as text, with its `${...}` replaced."""
        alone = Composition()
        alone.value, alone.origins = {key: self.value[key]}, self.origins
        alone.resolve_references()
        return str(alone.value[key])

    def resolve_references(self) -> None:
        """Replace `${...}` by what it refers to, in all layers together."""
        if "${" not in repr(self.value):
            return
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException

        try:
            resolved: Any = OmegaConf.to_container(OmegaConf.create(self.value), resolve=True)
        except OmegaConfBaseException as error:
            key = getattr(error, "full_key", None) or ""
            where = self.origin(tuple(str(key).split(".")))
            problem = str(error.msg or error).splitlines()[0]
            raise UserError(f"{where or 'experiment'}: {key}: {problem}") from error
        self.value = resolved

    def _merged(self, old: Any, new: Any, path: KeyPath, origins: dict[KeyPath, str], base: KeyPath) -> Any:
        """`new` over `old`, both at `path`; `origins` are counted from `base`."""
        self.origins[path] = origins.get(path[len(base) :], self.origins.get(path, ""))
        if isinstance(new, str) and isinstance(old, dict) and path not in ((), ("trainer",)):
            new = {"class_path": new}
        if isinstance(new, list):
            for inner, origin in origins.items():
                self.origins[(*base, *inner)] = origin
        if not isinstance(new, dict):
            return new
        if isinstance(old, str) and set(new) <= set(SPEC_KEYS):
            old = {"class_path": old}
        merged = dict(old) if isinstance(old, dict) else {}
        self._note_change(merged, new, path)
        for key, value in new.items():
            name = key.removesuffix("+") if isinstance(key, str) else key
            self._noted_as_set((*path, name))
            if name != key:
                merged[name] = _appended(merged.get(name), value, name)
                self.origins.setdefault((*path, name), origins.get((*path, key)[len(base) :], ""))
            else:
                merged[name] = self._merged(merged.get(name), value, (*path, name), origins, base)
        return merged

    def _note_change(self, old: dict[str, Any], new: dict[str, Any], path: KeyPath) -> None:
        before, after = old.get("class_path"), new.get("class_path")
        if before and after and str(before).rpartition(".")[2] != str(after).rpartition(".")[2]:
            self.changes[path] = ClassChange(str(before), self.origins.get(path, ""), set(old.get("init_args") or {}))

    def _noted_as_set(self, path: KeyPath) -> None:
        """An argument written after the change of class is no longer inherited."""
        for depth in range(2, len(path)):
            change = self.changes.get(path[: depth - 1])
            if change and path[depth - 1] == "init_args":
                change.inherited.discard(str(path[depth]))


def family_of(path: Path) -> list[Path]:
    """The files that `path` inherits from, every one once and before its children, and `path` itself last.

    Raises:
        UserError: a parent is missing, or the files inherit in a circle.
    """
    order: list[Path] = []
    _visit(path, "", (), order)
    return order


def _visit(path: Path, named_in: str, chain: tuple[Path, ...], order: list[Path]) -> None:
    file = here_or_shipped(path).resolve()
    if not file.is_file():
        raise UserError(f"{named_in}: inherits {path}, which does not exist" if named_in else f"no file {path}")
    if file in chain:
        circle = " -> ".join(shown(f) for f in (*chain[chain.index(file) :], file))
        raise UserError(f"{shown(file)}: `inherits` runs in a circle: {circle}")
    document = read_yaml(Path(shown(file)))
    parents = document.value.get("inherits") if isinstance(document.value, dict) else None
    for parent in [parents] if isinstance(parents, str) else parents or []:
        _visit(file.parent / str(parent), document.origins[("inherits",)], (*chain, file), order)
    if file not in order:
        order.append(file)


def shown(path: Path) -> str:
    """A path as short as it can be written: relative to the working directory where that is above it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _layer(file: Path, asked_for: Path) -> Document:
    """A file's own mapping, without `inherits`."""
    document = read_yaml(Path(shown(file)))
    if document.value is None:
        document.value = {}
    if not isinstance(document.value, dict):
        raise UserError(f"{asked_for}: an experiment is a mapping such as `model: ...`, not a list or a single value")
    document.value.pop("inherits", None)
    return document


def _expanded(document: Document, folder: Path, chain: tuple[Path, ...], path: KeyPath = ()) -> Document:
    """The same with every value that names a YAML file replaced by that file's content."""
    value = _at(document.value, path)
    if isinstance(value, str) and value.endswith((".yaml", ".yml")):
        origin = document.origins.get(path, "")
        content = _sub_file(folder / value, origin, chain)
        document.origins.update({(*path, *inner): where for inner, where in content.origins.items()})
        document.value = _replaced(document.value, path, content.value)
        return document
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        if path or key != "plugins":
            _expanded(document, folder, chain, (*path, key))
    return document


def _sub_file(path: Path, named_in: str, chain: tuple[Path, ...]) -> Document:
    file = here_or_shipped(path).resolve()
    if not file.is_file():
        raise UserError(f"{named_in}: no file {shown(file)}")
    if file in chain:
        raise UserError(f"{named_in}: {shown(file)} contains itself")
    document = read_yaml(Path(shown(file)))
    if not (isinstance(document.value, dict) and "inherits" in document.value):
        return _expanded(document, file.parent, (*chain, file))
    layers = Composition()
    for member in family_of(file):
        layers._add_layer(_expanded(_layer(member, member), member.parent, (*chain, file)), member.parent)
    return Document(layers.value, layers.origins)


def _at(value: Any, path: KeyPath) -> Any:
    for key in path:
        value = value[key]
    return value


def _replaced(value: Any, path: KeyPath, new: Any) -> Any:
    if not path:
        return new
    _at(value, path[:-1])[path[-1]] = new
    return value


def _appended(old: Any, new: Any, name: str) -> list[Any]:
    if old is not None and not isinstance(old, list):
        raise UserError(f"{name}+ appends to a list, but {name.removesuffix('+')} is {old!r}")
    return [*(old or []), *(new if isinstance(new, list) else [new])]


def _option_value(option: str, text: str) -> Document:
    """What is written behind an option: lists and mappings as YAML, `null` and `None` as nothing, the rest as text."""
    if text in ("null", "None", "~"):
        return Document(None)
    if text.lstrip().startswith(("{", "[")):
        document = parse_yaml(text, f"--{option}")
        document.origins = dict.fromkeys(document.origins, f"--{option}")
    else:
        document = Document(text, {(): f"--{option}"})
    return _expanded(document, Path.cwd(), ())


def _argument_level(node: Any, path: KeyPath, key: str) -> tuple[Any, KeyPath]:
    """From a class to its arguments, unless the key itself is one of the three of a class."""
    is_class = isinstance(node, dict) and ("class_path" in node or "init_args" in node)
    if not (is_class or path in [(slot,) for slot in PLUGIN_SLOTS]) or key in SPEC_KEYS:
        return node, path
    if not isinstance(node.get("init_args"), dict):
        node["init_args"] = {}
    return node["init_args"], (*path, "init_args")


def _descended(node: Any, path: KeyPath, key: str, option: str) -> tuple[Any, KeyPath]:
    """The block under `key`, made where there is none; a bare class name becomes a block."""
    at: Any = _position(node, key, option) if isinstance(node, list) else key
    child = node[at] if isinstance(node, list) else node.get(at)
    if isinstance(child, str):
        child = {"class_path": child}
    if not isinstance(child, dict | list):
        child = {}
    node[at] = child
    return child, (*path, at)


def _position(node: list[Any], key: str, option: str) -> int:
    if not key.isdigit() or int(key) >= len(node):
        raise UserError(f"--{option}: {key!r} is not a position of this list, which has {len(node)}: 0 is the first")
    return int(key)
