"""`rows_of` of a table file: another table whose rows and runs this one shows from another side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.finding import table_name
from lightning_sepcl.ledger.section import file_content

SHARED = ("seeds", "scale", "scales", "cost", "stages", "runs", "rows", "each", "pairs")


def with_shared_rows(content: Mapping[str, Any], path: Path) -> tuple[dict[str, Any], str]:
    """The content of a table file with what it takes over, and the name of the table whose folders hold the runs.

    The published figures stay behind, since they belong to the other table's columns; `scales` and `cost` may be said
    anew.

    Raises:
        LedgerError: no such file, rows of its own beside the shared ones, or a file that takes over rows itself.
    """
    if "rows_of" not in content:
        return dict(content), table_name(path)
    source = path.parent / str(content["rows_of"])
    other = file_content(source)
    for key in ("runs", "rows", "each", "stages", "pairs"):
        if key in content:
            raise LedgerError(f"{path}: `rows_of` takes over the `{key}` of {source}: leave its own out")
    if "rows_of" in other:
        raise LedgerError(f"{path}: {source} takes over its rows itself: name the file that has them in `rows_of`")
    taken = {key: other[key] for key in SHARED if key in other}
    rows = {name: _without_published(spec) for name, spec in (other.get("rows") or {}).items()}
    own = {key: value for key, value in content.items() if key != "rows_of"}
    return {**taken, **({"rows": rows} if rows else {}), **own}, table_name(source)


def _without_published(spec: Any) -> Any:
    return {key: value for key, value in spec.items() if key != "paper"} if isinstance(spec, Mapping) else spec
