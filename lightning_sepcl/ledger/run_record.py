"""The record of one run: what was computed, from what, on what, how long it took. One small JSON in the run's folder.

The fit command writes its part, the test command adds the results: `merge_record(run_dir, **parts)` each time. What the
folder itself can tell (config, data, results, seed) is read from it, so a record cannot disagree with the files there.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from lightning_sepcl.ledger.curves import Curve, read_curves
from lightning_sepcl.ledger.environment import Hardware, capture_environment
from lightning_sepcl.ledger.errors import LedgerError, unknown_name
from lightning_sepcl.records import Result
from lightning_sepcl.whole_file import whole_text

SCHEMA = 1
RECORD_FILE = "record.json"
VALIDATION = "val/"
"""How the names of curves begin that a record keeps."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """All that is needed to trust a run's figures and to repeat them.

    Attributes:
        name: of the run's folder.
        status: `started`, `fitted`, `complete`, `failed`, or `stopped` (early, by a sweep).
        commit: of the code; `unknown` outside a git checkout.
        dirty: whether the package had uncommitted changes.
        command: the fit command line.
        reproduce: the `sepcl reproduce` call that made the run; empty for a run made by hand.
        config: path of the resolved config.
        config_sha256: of its text.
        recipe_sha256: of the YAML files and arguments of a table's row, without seed; empty for a run made by hand.
        seed: `seed_everything` of the run.
        data: description of the data: name, counts, hours, hash of the manifest, skipped clips.
        hardware: the machine.
        versions: of python, torch, lightning and the package.
        started: UTC, ISO 8601.
        seconds_fit: wall-clock time of training.
        seconds_test: wall-clock time of evaluation.
        steps: optimiser steps taken.
        results: the figures.
        error: last lines of a failed run.
        curves: what was measured on the validation clips while training, by name (`val/...`) and step.
    """

    name: str
    status: str = "started"
    commit: str = "unknown"
    dirty: bool = False
    command: str = ""
    reproduce: str = ""
    config: str = ""
    config_sha256: str = ""
    recipe_sha256: str = ""
    seed: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    hardware: Hardware = field(default_factory=Hardware)
    versions: dict[str, str] = field(default_factory=dict)
    started: str = ""
    seconds_fit: float | None = None
    seconds_test: float | None = None
    steps: int | None = None
    results: tuple[Result, ...] = ()
    error: str = ""
    curves: dict[str, Curve] = field(default_factory=dict)


def merge_record(run_dir: Path, **parts: Any) -> RunRecord:
    """Adds `parts` to the record of `run_dir` (made with the present environment when there is none) and writes it.

    Args:
        run_dir: the run's folder; made when missing.
        parts: fields of RunRecord; they win over what the folder tells, which wins over what the record said before.
            `results` may be Results or dicts with their fields, `hardware` a Hardware or such a dict.

    Raises:
        LedgerError: a part is no field of RunRecord, or a file of the folder is broken.
    """
    path = run_dir / RECORD_FILE
    known = {f.name for f in fields(RunRecord)}
    for part in parts:
        if part not in known:
            raise unknown_name(part, known, f"record {path}")
    record = read_record(path) if path.exists() else _new_record(run_dir)
    record = replace(record, **_parsed(parts_of_folder(run_dir) | parts, path))
    write_record(record, path)
    return record


def parts_of_folder(run_dir: Path) -> dict[str, Any]:
    """What the files of a run's folder tell: config with its hash and seed, data, results."""
    parts: dict[str, Any] = {}
    config = run_dir / "config.yaml"
    if config.exists():
        text = config.read_text(encoding="utf-8")
        parts |= {"config": _shown(config), "config_sha256": hashlib.sha256(text.encode()).hexdigest()}
        parts |= _seed(text, config)
    if (run_dir / "data.json").exists():
        parts["data"] = read_json(run_dir / "data.json", dict)
    if (run_dir / "results.json").exists():
        parts["results"] = read_json(run_dir / "results.json", list)
    curves = {name: curve for name, curve in read_curves(run_dir / "log").items() if name.startswith(VALIDATION)}
    if curves:
        parts["curves"] = curves
    return parts


def write_record(record: RunRecord, path: Path) -> None:
    """Writes a record as JSON, all or nothing: a kill in between leaves the old file."""
    text = json.dumps({"schema": SCHEMA} | _without_nan(asdict(record)), indent=1, allow_nan=False) + "\n"
    whole_text(path, text)


def read_record(path: Path) -> RunRecord:
    """A record from its JSON.

    Raises:
        LedgerError: the file is missing, broken, or of a newer schema.
    """
    content = read_json(path, dict)
    schema = content.pop("schema", None)
    if schema != SCHEMA:
        raise LedgerError(
            f"record {path} has schema {schema}, this version reads {SCHEMA}: update, or delete it and rerun"
        )
    try:
        return RunRecord(**_parsed(content, path))
    except TypeError as error:
        raise LedgerError(f"record {path} does not fit: {error}; delete it and run the commands again") from None


def read_json(path: Path, kind: type[Any]) -> Any:
    """The content of a JSON file whose outermost thing is a `kind` (dict or list).

    Raises:
        LedgerError: no such file, no JSON, or something else than `kind`.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LedgerError(f"no file {path}: run the command that writes it first") from None
    except ValueError as error:
        raise LedgerError(
            f"{path} is broken JSON ({error}): delete it and run the command that writes it again"
        ) from None
    if not isinstance(content, kind):
        raise LedgerError(
            f"{path} holds a {type(content).__name__} where a {kind.__name__} is expected: write it again"
        )
    return content


def results_from(items: Iterable[Any], where: Path) -> tuple[Result, ...]:
    """Results from Results or dicts with their fields; null stands for NaN.

    Raises:
        LedgerError: a field is missing, unknown, or not a number where one is needed; the message names `where`.
    """
    results = []
    for i, item in enumerate(items):
        try:
            results.append(item if isinstance(item, Result) else _result(dict(item)))
        except (TypeError, ValueError) as error:
            raise LedgerError(f"result {i} of {where} does not fit ({error}): run `sepcl test` again") from None
    return tuple(results)


def _result(item: dict[str, Any]) -> Result:
    numbers = {k: math.nan if item.get(k) is None else float(item[k]) for k in ("value", "chance")}
    return Result(**(item | numbers))


def _new_record(run_dir: Path) -> RunRecord:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    return RunRecord(name=run_dir.name, started=started, **capture_environment())


def _parsed(parts: Mapping[str, Any], where: Path) -> dict[str, Any]:
    parsed = dict(parts)
    if "results" in parsed:
        parsed["results"] = results_from(parsed["results"], where)
    if "curves" in parsed:
        parsed["curves"] = _curves(parsed["curves"], where)
    if isinstance(parsed.get("hardware"), Mapping):
        try:
            parsed["hardware"] = Hardware(**parsed["hardware"])
        except TypeError as error:
            raise LedgerError(f"hardware in {where} does not fit: {error}") from None
    return parsed


def _curves(curves: Any, where: Path) -> dict[str, Curve]:
    """With whole numbers as steps, JSON has them as texts; without what was not defined, for which it has null."""
    try:
        known = {name: {int(k): float(v) for k, v in c.items() if v is not None} for name, c in curves.items()}
        return {name: {step: value for step, value in c.items() if math.isfinite(value)} for name, c in known.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise LedgerError(f"curves in {where} do not fit ({error}): run `sepcl test` again") from None


def _seed(config_text: str, where: Path) -> dict[str, int]:
    try:
        config = yaml.safe_load(config_text)
    except yaml.YAMLError as error:
        raise LedgerError(f"{where} is broken YAML: {' '.join(str(error).split())}") from None
    seed = config.get("seed_everything") if isinstance(config, Mapping) else None
    # LightningCLI knows `seed_everything: true`, a seed drawn at random that the config does not tell
    return {"seed": seed} if isinstance(seed, int) and not isinstance(seed, bool) else {}


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.resolve().relative_to(here)) if path.resolve().is_relative_to(here) else str(path)


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {k: _without_nan(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(v) for v in value]
    return value
