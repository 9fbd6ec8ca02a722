"""Reading a sweep file, the same that `wandb sweep` takes: every error one sentence with the place and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lightning_sepcl.errors import UserError
from lightning_sepcl.ledger.errors import unknown_name
from lightning_sepcl.shipped import here_or_shipped
from lightning_sepcl.sweep.command import DEFAULT_COMMAND, check_command
from lightning_sepcl.sweep.hyperband import Hyperband, bands_from, bands_until
from lightning_sepcl.sweep.parameter import Parameter, read_parameter

METHODS = ("grid", "random", "bayes")
GOALS = ("maximize", "minimize")
KEYS = ("program", "command", "method", "metric", "parameters", "early_terminate", "run_cap", "name", "description")
FOR_WANDB = ("project", "entity", "apiVersion", "kind", "controller", "job", "image_uri")
"""Keys that mean something to W&B alone."""
HYPERBAND_KEYS = ("type", "min_iter", "max_iter", "s", "eta", "strict")


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is searched, how, and by which figure it is judged.

    Attributes:
        path: of the file.
        title: its description or name, else that of the file.
        method: `grid`, `random` or `bayes`.
        metric: the logged figure that decides, such as `val/qbe_map`.
        goal: `maximize` or `minimize`.
        parameters: by name.
        command: the words that W&B's agent replaces its macros in.
        program: what `${program}` stands for.
        early: when a run is ended early; None for never.
        run_cap: how many runs at most; None where the file does not say.
        content: the file as it is, for W&B's own package.
    """

    path: Path
    title: str
    method: str
    metric: str
    goal: str
    parameters: Mapping[str, Parameter]
    command: tuple[str, ...]
    program: str
    early: Hyperband | None = None
    run_cap: int | None = None
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def varied(self) -> list[str]:
        """Names of the parameters that differ between runs."""
        return [name for name, parameter in self.parameters.items() if not parameter.is_fixed]

    def better(self, a: float, b: float) -> bool:
        """Whether figure `a` is better than `b`."""
        return a > b if self.goal == "maximize" else a < b


def read_sweep(path: Path) -> Sweep:
    """A sweep file as a Sweep.

    Raises:
        UserError: no such file, broken YAML, or something in it cannot be used.
    """
    content = _content(path)
    for key in content:
        if key not in (*KEYS, *FOR_WANDB):
            raise unknown_name(str(key), KEYS, f"sweep file {path}")
    method = _one_of("method", content.get("method"), METHODS, path)
    metric, goal = _metric(content.get("metric"), path)
    command = tuple(str(word) for word in content.get("command") or DEFAULT_COMMAND)
    check_command(command, f"sweep file {path}")
    parameters = _parameters(content.get("parameters"), path)
    if method == "grid":
        _check_grid(parameters, path)
    return Sweep(
        path=path,
        title=str(content.get("description") or content.get("name") or path.stem.replace("_", " ")),
        method=method,
        metric=metric,
        goal=goal,
        parameters=parameters,
        command=command,
        program=str(content.get("program") or ""),
        early=_early(content.get("early_terminate"), path),
        run_cap=_run_cap(content.get("run_cap"), path),
        content=content,
    )


def _content(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(here_or_shipped(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read sweep file {path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise UserError(f"sweep file {path} is broken YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise UserError(f"sweep file {path} should hold keys such as method, metric and parameters")
    return content


def _one_of(key: str, value: Any, known: tuple[str, ...], path: Path) -> str:
    if value is None:
        raise UserError(f"sweep file {path}: `{key}` is missing, it is one of: {', '.join(known)}")
    if value not in known:
        raise unknown_name(str(value), known, f"sweep file {path}, {key}")
    return str(value)


def _metric(value: Any, path: Path) -> tuple[str, str]:
    if not isinstance(value, Mapping) or not value.get("name"):
        raise UserError(
            f"sweep file {path}: `metric` is missing, the logged figure that decides, as in "
            "`metric: {name: val/knn_accuracy, goal: maximize}`"
        )
    goal = value.get("goal", "minimize")  # as W&B has it
    return str(value["name"]), _one_of("goal", goal, GOALS, path)


def _parameters(value: Any, path: Path) -> dict[str, Parameter]:
    if not isinstance(value, Mapping) or not value:
        raise UserError(f"sweep file {path}: `parameters` is missing, the dotted keys that are varied")
    return {str(name): read_parameter(str(name), value[name], f"sweep file {path}") for name in sorted(value)}


def _check_grid(parameters: Mapping[str, Parameter], path: Path) -> None:
    for parameter in parameters.values():
        if not parameter.has_grid:
            raise UserError(
                f"sweep file {path}: parameter {parameter.name}: method grid tries every value, and "
                f"{parameter.distribution} has no list of them: write `values: [...]`, or use method random"
            )


def _early(value: Any, path: Path) -> Hyperband | None:
    if value is None:
        return None
    where = f"sweep file {path}, early_terminate"
    if not isinstance(value, Mapping):
        raise UserError(f"{where}: write `{{type: hyperband, min_iter: 3}}`, not {value!r}")
    for key in value:
        if key not in HYPERBAND_KEYS:
            raise unknown_name(str(key), HYPERBAND_KEYS, where)
    if value.get("type") != "hyperband":
        raise UserError(f"{where}: `type` is hyperband, there is no other, found {value.get('type')!r}")
    eta, strict = value.get("eta", 3), bool(value.get("strict", True))
    if isinstance(eta, bool) or not isinstance(eta, int | float) or eta <= 1:
        raise UserError(f"{where}: `eta` is {eta!r}: of `eta` runs one goes on, it must be above 1")
    if "max_iter" in value and "s" in value:
        bands = bands_until(value["max_iter"], eta, int(value["s"]))
    elif "min_iter" in value:
        bands = bands_from(value["min_iter"], eta)
    else:
        raise UserError(f"{where}: `min_iter` is missing, after how many validations runs are first compared")
    if not bands or bands[0] < 1:
        raise UserError(f"{where}: no validation is left at which runs would be compared")
    return Hyperband(bands, eta, strict)


def _run_cap(value: Any, path: Path) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise UserError(f"sweep file {path}: `run_cap` is how many runs there are at most, not {value!r}")
    return value
