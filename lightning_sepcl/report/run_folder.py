"""What a run left in its folder, read for the report; what is not there is told, what is broken is an error."""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float
from numpy.typing import NDArray

from lightning_sepcl.errors import UserError
from lightning_sepcl.ledger.curves import Curve, read_curves
from lightning_sepcl.ledger.run_record import RECORD_FILE, RunRecord, read_json, read_record, results_from
from lightning_sepcl.records import Result


class ReportError(UserError):
    """A run's folder cannot be reported on; the message says which file, why and what to do."""


@dataclass(frozen=True, slots=True)
class EmbeddedSet:
    """Representations of the test set.

    Attributes:
        keys: name of each clip.
        target: (clip, class), 1 where the class is present.
        class_names: of the columns of `target`.
        h: (clip, dim) by name of the representation.
    """

    keys: tuple[str, ...]
    target: Float[NDArray[Any], "clip class"]
    class_names: tuple[str, ...]
    h: dict[str, Float[NDArray[Any], "clip _"]]

    def labels(self, clip: int) -> list[str]:
        """Names of the classes of one clip."""
        return [self.class_names[c] for c in np.flatnonzero(self.target[clip] > 0)]


@dataclass(frozen=True, slots=True)
class ClipViews:
    """The views of one clip, as the method saw them.

    Attributes:
        key: name of the clip.
        wave: (view, sample), full scale 1.
        features: (view, freq, frame); None where they were not kept.
        sample_rate: Hz; 0 where nobody told.
    """

    key: str
    wave: Float[NDArray[Any], "view sample"]
    features: Float[NDArray[Any], "view freq frame"] | None
    sample_rate: int


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run, as far as its folder tells it.

    Attributes:
        path: of the folder.
        config: text of the resolved config; empty where missing.
        record: provenance; None where missing.
        results: figures of the evaluation.
        curves: what was logged, by name.
        embedded: the test set; None where missing.
        views: of some clips.
        missing: one sentence for each thing the report has to do without.
    """

    path: Path
    config: str
    record: RunRecord | None
    results: tuple[Result, ...]
    curves: dict[str, Curve]
    embedded: EmbeddedSet | None
    views: tuple[ClipViews, ...]
    missing: tuple[str, ...]


def read_run_folder(path: Path) -> RunFolder:
    """Everything the report needs from a run's folder.

    Raises:
        UserError: no such folder, no run in it, or a broken file.
    """
    if not path.is_dir():
        raise ReportError(f"no run folder {path}: name the folder that `sepcl fit --run` wrote")
    names = ("config.yaml", "results.json", RECORD_FILE, "embeddings.npz", "views.npz", "log")
    if not any((path / name).exists() for name in names):
        raise ReportError(f"{path} holds no run (no {', '.join(names)}): name the folder that `sepcl fit --run` wrote")
    config = (path / "config.yaml").read_text(encoding="utf-8") if (path / "config.yaml").exists() else ""
    results, record = path / "results.json", path / RECORD_FILE
    run = RunFolder(
        path=path,
        config=config,
        record=read_record(record) if record.exists() else None,
        results=results_from(read_json(results, list), results) if results.exists() else (),
        curves=read_curves(path / "log"),
        embedded=_embedded(path / "embeddings.npz"),
        views=read_views(path / "views.npz", _sample_rate(config)),
        missing=(),
    )
    return RunFolder(**({f: getattr(run, f) for f in RunFolder.__slots__} | {"missing": _missing(run)}))


def _embedded(path: Path) -> EmbeddedSet | None:
    if not path.exists():
        return None
    arrays = _arrays(path)
    try:
        h = {k.partition(":")[2]: v.astype(np.float32) for k, v in arrays.items() if k.startswith("h:")}
        keys, target = tuple(map(str, arrays["keys"])), arrays["target"].astype(np.float32)
        names = tuple(map(str, arrays["class_names"]))
    except KeyError as error:
        raise ReportError(f"{path} holds no array {error}: run `sepcl test` again") from None
    if target.shape != (len(keys), len(names)) or any(len(x) != len(keys) for x in h.values()):
        raise ReportError(f"{path} holds arrays of different lengths: run `sepcl test` again")
    return EmbeddedSet(keys, target, names, h)


def read_views(path: Path, sample_rate: int = 0) -> tuple[ClipViews, ...]:
    """The views kept in `views.npz`; `sample_rate` in Hz is believed where the file does not tell."""
    if not path.exists():
        return ()
    arrays = _arrays(path)
    rate = int(arrays["sample_rate"]) if "sample_rate" in arrays else sample_rate
    clips = []
    for i, key in enumerate(arrays.get("keys", np.array([]))):
        wave, features = arrays.get(f"wave_{i}"), arrays.get(f"features_{i}")
        if wave is None or wave.ndim != 2 or (features is not None and features.ndim != 3):
            raise ReportError(
                f"{path}: wave_{i} (view, sample) or features_{i} (view, freq, frame) is missing or misshaped"
            )
        kept = None if features is None else features.astype(np.float32)
        clips.append(ClipViews(str(key), wave.astype(np.float32), kept, rate))
    return tuple(clips)


def _arrays(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())
        raise ReportError(f"{path} cannot be read as arrays ({reason}): delete it and run the command again") from None


def _sample_rate(config: str) -> int:
    """The first `sample_rate` of the config, at whatever depth; 0 without one."""
    try:
        waiting = [yaml.safe_load(config)]
    except yaml.YAMLError:
        return 0
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, dict):
            if isinstance(value.get("sample_rate"), int):
                return int(value["sample_rate"])
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return 0


def _missing(run: RunFolder) -> tuple[str, ...]:
    judged = (run.path / "results.json").exists()
    said = {
        "No results.json: the run was not evaluated yet, `sepcl test` does it.": not run.results and not judged,
        "No figures: none of the test clips has a label.": not run.results and judged,
        "No log/version_*/metrics.csv: no learning curves.": not run.curves,
        "No embeddings.npz: no neighbours and no map of the test set.": run.embedded is None or not run.embedded.h,
        "No views.npz: no pictures of the views.": not run.views,
        "No config.yaml: the settings of the run are not known.": not run.config,
        "No record.json: commit, hardware and times are not known.": run.record is None,
        "Some figures are not defined (NaN) and shown as a dash.": any(math.isnan(r.value) for r in run.results),
    }
    return tuple(sentence for sentence, true in said.items() if true)
