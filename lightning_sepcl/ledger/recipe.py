"""The hash of what a job is made of: it changes when the experiment does, and with it what counts as done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.shipped import here_or_shipped


def recipe_hash(files: Sequence[Path], args: Sequence[str]) -> str:
    """sha256 over YAML files, the YAML files they name, and arguments."""
    digest = hashlib.sha256()
    seen: set[Path] = set()
    for file in files:
        for path in _with_named_files(here_or_shipped(file), seen):
            digest.update(path.read_bytes() + b"\0")
    digest.update("\0".join(args).encode())
    return digest.hexdigest()


def files_named(args: Sequence[str]) -> list[Path]:
    """The YAML and TOML files among arguments, `--config a.yaml` and `--config=a.yaml` alike.

    >>> files_named(["fit", "--config=nowhere.yaml"])
    []
    """
    paths = (Path(text.rpartition("=")[2]) for text in args if text.endswith((".yaml", ".yml", ".toml")))
    return [path for path in paths if here_or_shipped(path).is_file()]


def _with_named_files(path: Path, seen: set[Path]) -> Iterator[Path]:
    if path.resolve() in seen:
        return
    seen.add(path.resolve())
    yield path
    if path.suffix == ".toml":
        return
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise LedgerError(f"experiment {path} is broken YAML: {' '.join(str(error).split())}") from None
    for text in _strings_in(content):
        if text.endswith((".yaml", ".yml")) and (path.parent / text).is_file():
            yield from _with_named_files(path.parent / text, seen)


def _strings_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings_in(inner)
