"""From what was written to what is meant: full class paths, known arguments, a word about every class change."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lightning_sepcl.cli.closest import listed, suggestion
from lightning_sepcl.cli.composition import SPEC_KEYS, Composition
from lightning_sepcl.cli.signatures import Argument, Signature, default_parts, signature_of, type_name
from lightning_sepcl.cli.slots import Slot, allows_null, class_named, is_class_name, path_of, slot_of
from lightning_sepcl.cli.yaml_file import KeyPath
from lightning_sepcl.errors import UserError


@dataclass
class Leaf:
    """A plain value in its place, with the type its owner asks for."""

    path: KeyPath
    value: Any
    type: Any


@dataclass
class Settled:
    """The experiment with every class found.

    Attributes:
        value: what the parser is given.
        notes: a sentence per class change, for the user.
        leaves: all plain values, to find the one of a wrong type.
        missing: arguments without default that nobody wrote, and the class that asks for them.
    """

    value: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    missing: list[tuple[KeyPath, str]] = field(default_factory=list)


def settle(written: Composition, options: Mapping[str, Any], follows: Mapping[str, str]) -> Settled:
    """Check every name of an experiment.

    Args:
        written: all layers.
        options: top-level key -> its type, or a mapping of such for a block such as `trainer`.
        follows: `model.seed` -> what it follows; such arguments are not to be written.

    Raises:
        UserError: a key, class or argument that does not exist.
    """
    return _Settler(written, follows).settled(options)


class _Settler:
    def __init__(self, written: Composition, follows: Mapping[str, str]) -> None:
        self.written, self.follows = written, follows
        self.out = Settled()

    def settled(self, options: Mapping[str, Any]) -> Settled:
        self.out.value = self._block(self.written.value, options, ())
        return self.out

    def _block(self, block: dict[str, Any], options: Mapping[str, Any], path: KeyPath) -> dict[str, Any]:
        """A block whose keys are known beforehand."""
        found = {}
        for key, value in block.items():
            here = (*path, key)
            if key not in options:
                prefix = "".join(f"{k}." for k in path)
                choice = suggestion(str(key), options, prefix) or f"; there are: {listed(options)}"
                raise UserError(f"{self._where(here)}: no option {readable(here)}{choice}")
            kind = options[key]
            if isinstance(kind, Mapping):
                if not isinstance(value, dict):
                    raise UserError(f"{self._where(here)}: {key} is a block of options, found {value!r}")
                found[key] = self._block(value, kind, here)
            else:
                found[key] = self._any(value, kind, here)
        return found

    def _any(self, value: Any, hint: Any, path: KeyPath) -> Any:
        """A value of whatever kind, for an argument of type `hint`."""
        slot = slot_of(hint)
        if isinstance(value, list) and slot.item is not None:
            return [self._any(item, slot.item, (*path, i)) for i, item in enumerate(value)]
        if isinstance(value, dict) and slot.entry is not None and "class_path" not in value:
            return {key: self._any(entry, slot.entry, (*path, key)) for key, entry in value.items()}
        if isinstance(value, dict) and slot.bases:
            return self._class(value, slot, path)
        if isinstance(value, str) and slot.bases and (not slot.plain or is_class_name(value, slot)):
            return self._class({"class_path": value}, slot, path)
        if value is None and not allows_null(hint):  # the parser would let it pass
            raise UserError(f"{place(self.written, path)}: expected {type_name(hint)}, found null")
        self.out.leaves.append(Leaf(path, value, hint))
        return value

    def _class(self, written: dict[str, Any], slot: Slot, path: KeyPath) -> dict[str, Any]:
        """A class with its arguments."""
        short = not set(written) & set(SPEC_KEYS)  # arguments alone; what is inside was written without `init_args`
        written = {"init_args": written} if short else written
        cls = self._found_class(written, slot, path)
        for key in written:
            if key not in SPEC_KEYS:
                raise UserError(f"{self._where((*path, key))}: write {key} below init_args, beside class_path")
        signature = signature_of(cls, slot.given)
        arguments = self._after_change(written.get("init_args") or {}, cls, signature, path)
        here = path if short else (*path, "init_args")
        for name in arguments:
            self._check_name(name, cls, signature, (*here, name))
        arguments = _with_default_class(cls, signature, arguments)
        settled = {
            name: self._any(value, _known(signature, name).type, (*here, name)) for name, value in arguments.items()
        }
        self._note_missing(settled, cls, signature, here)
        return {"class_path": path_of(cls), **{k: written[k] for k in written if k == "dict_kwargs"}} | (
            {"init_args": settled} if settled else {}
        )

    def _found_class(self, written: dict[str, Any], slot: Slot, path: KeyPath) -> Any:
        name = written.get("class_path")
        if name is None and len(slot.bases) == 1:  # a base class may say which of its kin stands for it
            name = getattr(slot.bases[0], "default", None)
        if isinstance(name, str):
            return class_named(name, slot, place(self.written, path))
        if name is None and len(slot.bases) == 1 and not inspect.isabstract(slot.bases[0]):
            return slot.bases[0]
        kind = " or ".join(b.__name__ for b in slot.bases)
        raise UserError(f"{place(self.written, path)}: say which {kind}: `class_path: NAME`")

    def _after_change(self, arguments: dict[str, Any], cls: Any, signature: Signature, path: KeyPath) -> dict[str, Any]:
        """The arguments without those that stem from another class and that this one does not know."""
        change = self.written.changes.get(path)
        inherited = [name for name in arguments if change and name in change.inherited]
        if change is None or not inherited:
            return arguments
        dropped = [n for n in inherited if n not in signature.arguments and not signature.open]
        kept = [n for n in inherited if n not in dropped]
        parts = [f"keeps {', '.join(kept)}"] * bool(kept) + [f"drops {', '.join(dropped)}"] * bool(dropped)
        old = change.old.rpartition(".")[2]
        self.out.notes.append(
            f"{change.origin}: {readable(path)} becomes {cls.__name__} instead of {old}: {'; '.join(parts)}"
        )
        return {name: value for name, value in arguments.items() if name not in dropped}

    def _check_name(self, name: str, cls: Any, signature: Signature, path: KeyPath) -> None:
        if source := self.follows.get(readable(path)):
            raise UserError(f"{place(self.written, path)} follows {source}; it cannot be set on its own")
        if name in signature.arguments or signature.open:
            return
        names = [n for n in signature.arguments if f"{path[0]}.{n}" not in self.follows or len(path) > 3]
        takes = f"it takes: {listed(names, most=40)}" if names else "it takes none"
        raise UserError(
            f"{place(self.written, path)}: {cls.__name__} has no argument {name!r}"
            f"{suggestion(str(name), names)}\n{takes}"
        )

    def _note_missing(self, settled: dict[str, Any], cls: Any, signature: Signature, path: KeyPath) -> None:
        for name, argument in signature.arguments.items():
            is_linked = readable((*path, name)) in self.follows
            if argument.default is inspect.Parameter.empty and name not in settled and not is_linked:
                self.out.missing.append(((*path, name), cls.__name__))

    def _where(self, path: KeyPath) -> str:
        return self.written.origin(path) or "experiment"


def _with_default_class(cls: Any, signature: Signature, arguments: dict[str, Any]) -> dict[str, Any]:
    """The same with parts that were given arguments but no class laid over the default part."""
    anonymous = [
        name
        for name, value in arguments.items()
        if isinstance(value, dict) and "class_path" not in value and slot_of(_known(signature, name).type).bases
    ]
    defaults = default_parts(cls) if anonymous and isinstance(cls, type) else {}
    laid = {}
    for name in anonymous:
        if part := defaults.get(name):
            value = arguments[name].get("init_args", arguments[name])
            laid[name] = {"class_path": part["class_path"], "init_args": {**(part.get("init_args") or {}), **value}}
    return {**arguments, **laid}


def place(written: Composition, path: KeyPath) -> str:
    """Where a value was written, and its key unless the option it was written as says that already."""
    origin, key = written.origin(path) or "experiment", readable(path)
    said = origin.startswith("--") and origin.removeprefix("--").replace(".init_args", "") == key
    return origin if said else f"{origin}: {key}"


def readable(path: KeyPath) -> str:
    """A key path as one types it.

    >>> readable(("model", "init_args", "front", "init_args", "wave_augment", 0, "class_path"))
    'model.front.wave_augment.0.class_path'
    """
    return ".".join(str(key) for key in path if key not in ("init_args", "dict_kwargs"))


def _known(signature: Signature, name: str) -> Argument:
    return signature.arguments.get(name, Argument(name, Any, None))
