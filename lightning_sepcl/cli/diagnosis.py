"""What is wrong with an experiment that the parser refused, in a line or two."""

from __future__ import annotations

import re

from jsonargparse import ArgumentParser

from lightning_sepcl.cli.composition import Composition
from lightning_sepcl.cli.settling import Leaf, Settled, place, readable
from lightning_sepcl.cli.signatures import type_name

MOST_LINES = 6


def diagnosis(parser_says: str, written: Composition, settled: Settled, required: tuple[str, ...]) -> str:
    """Missing slots or arguments and values of a wrong type, each with its place; else the parser's own words."""
    absent = [key for key in required if not settled.value.get(key)]
    missing = [f"say which {key}: `--{key} NAME`, or `{key}:` in a file" for key in absent]
    for path, owner in settled.missing:
        where = written.origin(path[:-2])
        missing.append(f"{where}: {readable(path)} is missing: {owner} needs it")
    wrong = [_wrong_type(leaf, written) for leaf in settled.leaves if not fits(leaf)]
    found = (missing + wrong) or [_shortened(parser_says)]
    return "\n".join(found[:MOST_LINES])


def fits(leaf: Leaf) -> bool:
    """Whether a value is of the type its owner asks for."""
    parser = ArgumentParser(exit_on_error=False, print_config=None)
    try:
        parser.add_argument("--value", type=leaf.type)
        parser.parse_object({"value": leaf.value})
    except Exception:  # whatever the parser raises, the value did not pass
        return False
    return True


def _wrong_type(leaf: Leaf, written: Composition) -> str:
    return f"{place(written, leaf.path)}: expected {type_name(leaf.type)}, found {leaf.value!r}"


def _shortened(message: str) -> str:
    """The innermost lines of the parser's message."""
    keys = ".".join(re.findall(r'Parser key "([^"]+)"', message))
    noise = re.compile(r"Parser key|Does not validate|Subtypes:|Errors:|Given value|NoneType")
    lines = [line.strip(" -") for line in message.splitlines() if line.strip() and not noise.search(line)]
    text = "\n".join(lines[: MOST_LINES - 1]) or message.strip().splitlines()[-1]
    return f"{keys}: {text[:800]}" if keys else text[:800]
