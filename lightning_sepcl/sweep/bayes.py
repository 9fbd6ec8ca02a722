"""The Bayes method: W&B's own package draws where a Gaussian process expects to improve most."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from lightning_sepcl.errors import UserError
from lightning_sepcl.sweep.sweep_file import Sweep
from lightning_sepcl.sweep.trial import Trial

STATES = {"finished": "finished", "stopped": "finished", "failed": "failed", "": "running"}
"""What W&B calls the endings; to it too, a run that Hyperband ended has a figure that counts."""


def wandb_sweeps() -> ModuleType | None:
    """W&B's package `sweeps`; None where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # settings of an older pydantic
            import sweeps
    except ImportError:
        return None
    module: ModuleType = sweeps
    return module


def next_by_bayes(sweep: Sweep, seed: int, number: int, before: Sequence[Trial]) -> dict[str, Any]:
    """Value by parameter of run `number`, given the runs begun so far.

    Raises:
        UserError: the package `sweeps` is not installed.
    """
    package = wandb_sweeps()
    if package is None:
        raise UserError(
            f"{sweep.path}: method bayes needs W&B's package sweeps (no account): pip install "
            '"lightning_sepcl[sweeps]", or use method random'
        )
    runs = [_as_wandb_knows_it(package, trial, sweep.metric) for trial in before]
    with _global_seed(seed, number), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what scikit-learn thinks of a fit to a few points
        config = package.next_run(dict(sweep.content), runs).config
    return {name: _plain(config[name]["value"]) for name in sweep.parameters}


def schema_complaint(sweep: Sweep) -> str:
    """What W&B's own schema has against the file; empty for nothing, or where the package is not installed."""
    package = wandb_sweeps()
    found = package.schema_violations_from_proposed_config(dict(sweep.content)) if package else []
    return str(found[0]) if found else ""


def _as_wandb_knows_it(package: ModuleType, trial: Trial, metric: str) -> Any:
    return package.SweepRun(
        name=trial.name,
        state=STATES[trial.ending],
        config={name: {"value": value} for name, value in trial.drawn.items()},
        history=[{metric: value} for value in trial.history],
    )


@contextmanager
def _global_seed(seed: int, number: int) -> Iterator[None]:
    """Within it the global generators, which W&B's package draws from, stand where seed and number say."""
    before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(f"{seed} {number}")
    np.random.seed(np.random.SeedSequence((seed, number)).generate_state(4))  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numpy_before)  # noqa: NPY002


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
