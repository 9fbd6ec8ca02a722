"""`sepcl data prepare | check | stats | table | shard`: getting a data set, looking into it, writing shards."""

from __future__ import annotations

import importlib

from lightning_sepcl.cli.closest import suggestion
from lightning_sepcl.errors import UserError

SUBVERBS: dict[str, tuple[str, str]] = {
    "prepare": ("NAME [--root DIR]: download a data set, unpack and check it", "lightning_sepcl.cli.data_prepare:run"),
    "check": ("NAME [--root DIR] [--read]: what is there and what is missing", "lightning_sepcl.cli.data_check:run"),
    "stats": (
        "NAME [--root DIR] [--out FILE]: lengths, levels, silence, labels; with a picture",
        "lightning_sepcl.cli.data_stats:run",
    ),
    "shard": (
        "NAME --out DIR: write tar shards; --verify DIR: compare them with their checksums",
        "lightning_sepcl.cli.data_shard:run",
    ),
    "table": ("[--out FILE]: a page of all data sets below $SEPCL_DATA", "lightning_sepcl.cli.data_table:run"),
}


def run(args: list[str]) -> int:
    """Do what the first word says.

    Raises:
        UserError: it says nothing that exists.
    """
    if not args or args[0] in ("--help", "-h", "help"):
        print(overview())
        return 0
    verb, *rest = args
    if verb not in SUBVERBS:
        raise UserError(f"sepcl data: no {verb!r}{suggestion(verb, SUBVERBS)}; there are: {', '.join(SUBVERBS)}")
    module, _, name = SUBVERBS[verb][1].partition(":")
    return int(getattr(importlib.import_module(module), name)(rest))


def overview() -> str:
    """What there is, a line each."""
    lines = ["sepcl data VERB NAME [OPTIONS]; NAME is a data module such as ESC50 or AudioFolder", ""]
    lines += [f"  {verb:<8} {what}" for verb, (what, _) in SUBVERBS.items()]
    return "\n".join([*lines, "", "sepcl plugins data lists the names; sepcl data VERB --help tells more."])
