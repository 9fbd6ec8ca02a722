"""Reading a YAML file together with where every value stands, so that an error can name file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lightning_sepcl.errors import UserError

KeyPath = tuple[str | int, ...]
"""How to reach a value from the top: keys of mappings, positions in lists."""


@dataclass
class Document:
    """A value and the place in a file (`file:line`, or an option of the command line) of each of its parts."""

    value: Any
    origins: dict[KeyPath, str] = field(default_factory=dict)


class _Loader(yaml.SafeLoader):
    """YAML's plain values, with `1e-3` read as a number."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d[\d_]*)(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)

_PLAIN_TAGS = ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


def read_yaml(path: Path) -> Document:
    """The content of a YAML file.

    Raises:
        UserError: no such file, not YAML, or a key written twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(f"no file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> Document:
    """The same for a text; `name` stands for the file in messages."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        at = text.count("\n", 0, error.position) + 1
        raise UserError(f"{name}:{at}: not valid YAML: it holds the character #x{error.character:02x}") from error
    try:
        node = loader.get_single_node()
        document = Document(None)
        if node is not None:
            document.value = _built(loader, node, (), name, document.origins)
        return document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise UserError(f"{name}{line}: not valid YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise UserError(f"{name}: not valid YAML: {error}") from error
    finally:
        loader.dispose()


def _built(loader: _Loader, node: yaml.Node, path: KeyPath, name: str, origins: dict[KeyPath, str]) -> Any:
    """The Python value of a node; notes where it and its parts stand."""
    origins[path] = f"{name}:{node.start_mark.line + 1}"
    if not isinstance(node, yaml.ScalarNode) and node.tag not in _PLAIN_TAGS:
        raise UserError(f"{origins[path]}: {node.tag} is not plain YAML")
    if isinstance(node, yaml.SequenceNode):
        return [_built(loader, item, (*path, i), name, origins) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        _refuse_double_keys(node, name)
        loader.flatten_mapping(node)
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            found[key] = _built(loader, value_node, (*path, key), name, origins)
            origins[(*path, key)] = f"{name}:{key_node.start_mark.line + 1}"
        return found
    return loader.construct_object(node, deep=True)


def _refuse_double_keys(node: yaml.MappingNode, name: str) -> None:
    """YAML readers let the second of two equal keys win without a word."""
    seen: set[str] = set()
    for key_node, _ in node.value:
        where = f"{name}:{key_node.start_mark.line + 1}"
        if not isinstance(key_node, yaml.ScalarNode):
            raise UserError(f"{where}: a key must be a plain word")
        if key_node.value in seen:
            raise UserError(f"{where}: {key_node.value!r} is written twice in one block")
        seen.add(key_node.value)
