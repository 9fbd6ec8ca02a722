"""The `stages` of a table file: jobs that rows need first, each after those it needs itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from lightning_sepcl.ledger.errors import LedgerError, unknown_name
from lightning_sepcl.ledger.finding import table_name
from lightning_sepcl.ledger.placeholders import RESERVED, names_in
from lightning_sepcl.ledger.section import check_keys, check_names, experiments, file_content, named, strings
from lightning_sepcl.ledger.table import Stage
from lightning_sepcl.shipped import here_or_shipped

KEYS = ("experiment", "args", "command", "needs", "per", "test")


def read_stages(content: Mapping[str, Any], path: Path) -> dict[str, Stage]:
    """The stages of a table, sorted so that each stands behind those it needs.

    Args:
        content: of the table file; `stages` holds them, or names a file beside the table that does.
        path: of the table file.

    Raises:
        LedgerError: a wrong key, an unknown name, a circle.
    """
    if isinstance(content.get("stages"), str):
        shared = path.parent / content["stages"]
        if not here_or_shipped(shared).is_file():
            raise LedgerError(f"{path}: no file {shared} for `stages`")
        content, path = file_content(shared), shared
        check_keys(content, ("stages", "about"), str(path), needed=("stages",))
    stages = {name: _stage(name, spec, path) for name, spec in named(content, "stages", str(path))}
    for stage in stages.values():
        check_needs(stage.needs, (*stage.args, *stage.command), stages, _where(stage.name, path), own=stage.name)
    return _with_seeds_checked({name: stages[name] for name in _sorted(stages, path)}, path)


def check_needs(
    needs: Collection[str], texts: Collection[str], stages: Collection[str], where: str, own: str = ""
) -> None:
    """Refuses needs that are no stages, and placeholders for a stage that is not needed."""
    check_names(needs, stages, f"{where}, needs")
    for name in names_in(list(texts)):
        if name in stages and name not in needs and name != own:
            raise LedgerError(f"{where}: uses `{{{name}}}` without `needs: [{name}]`")
        if name not in stages and name not in RESERVED:
            raise unknown_name(name, [*stages, *RESERVED], f"{where}, `{{{name}}}`")


def needed(names: Collection[str], stages: Mapping[str, Stage]) -> list[str]:
    """The stages that `names` are and need, directly or through others, in the order of running."""
    wanted = set(names)
    for stage in reversed(list(stages.values())):
        if stage.name in wanted:
            wanted.update(stage.needs)
    return [name for name in stages if name in wanted]


def _stage(name: str, spec: dict[str, Any], path: Path) -> Stage:
    where = _where(name, path)
    check_keys(spec, KEYS, where)
    if name in RESERVED:
        raise LedgerError(f"{where}: `{{{name}}}` has a meaning already, name the stage otherwise")
    if bool(spec.get("experiment")) == bool(spec.get("command")):
        raise LedgerError(f"{where}: needs either `experiment` (a training) or `command` (words behind `sepcl`)")
    for key in ("args", "test"):
        if spec.get("command") and key in spec:
            raise LedgerError(f"{where}: `{key}` belongs to an `experiment`; write the words into `command`")
    if spec.get("per", "seed") not in ("seed", "table"):
        raise LedgerError(f"{where}: `per` is `seed` or `table`, not `{spec['per']}`")
    if not isinstance(spec.get("test", False), bool):
        raise LedgerError(f"{where}: `test` is true or false, not `{spec['test']}`")
    if spec.get("command") and not isinstance(spec["command"], list):
        raise LedgerError(f"{where}: `command` should be a list of words, `[separate-dataset, --out, ...]`")
    return Stage(
        name=name,
        folder=table_name(path),
        experiment=experiments(spec["experiment"], path, where) if spec.get("experiment") else (),
        args=strings(spec.get("args", [])),
        command=strings(spec.get("command", [])),
        needs=strings(spec.get("needs", [])),
        per=spec.get("per", "seed"),
        test=spec.get("test", False),
    )


def _sorted(stages: Mapping[str, Stage], path: Path) -> list[str]:
    try:
        order = list(TopologicalSorter({name: stage.needs for name, stage in stages.items()}).static_order())
    except CycleError as error:
        raise LedgerError(f"{path}: stages need each other in a circle: {' -> '.join(error.args[1])}") from None
    depth: dict[str, int] = {}
    for name in order:
        depth[name] = 1 + max((depth[need] for need in stages[name].needs), default=-1)
    return sorted(stages, key=depth.__getitem__)  # as written where the needs leave it open


def _with_seeds_checked(stages: dict[str, Stage], path: Path) -> dict[str, Stage]:
    for stage in stages.values():
        by_seed = [need for need in stage.needs if stages[need].per == "seed"]
        if stage.per == "table" and by_seed:
            raise LedgerError(
                f"{_where(stage.name, path)}: runs once for the table, but needs `{by_seed[0]}` of every seed: "
                "say `per: seed` here or `per: table` there"
            )
    return stages


def _where(name: str, path: Path) -> str:
    return f"stage `{name}` of {path}"
