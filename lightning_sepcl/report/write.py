"""`sepcl report RUN`: one page about a run, in a single file that can be mailed and opened offline."""

from __future__ import annotations

import math
from dataclasses import asdict
from html import escape
from pathlib import Path

from lightning_sepcl.ledger.runner import duration
from lightning_sepcl.report.curves import curves_figure
from lightning_sepcl.report.drawing import INK, svg
from lightning_sepcl.report.html import document, figure, folded, note, preformatted, section, words_table
from lightning_sepcl.report.listening import Waves
from lightning_sepcl.report.listening_section import test_set_sections
from lightning_sepcl.report.pictures import views_figure
from lightning_sepcl.report.results_section import results_section
from lightning_sepcl.report.run_folder import RunFolder, read_run_folder
from lightning_sepcl.whole_file import whole_text

REPORT_FILE = "report.html"
MAX_VIEW_CLIPS = 3


def write_report(run_dir: Path, waves: Waves | None = None) -> Path:
    """Writes `report.html` into a run's folder: below 4 MB, without scripts, nothing loaded from outside.

    Args:
        run_dir: what `sepcl fit` and `sepcl test` left; parts that are missing are told on the page.
        waves: from a clip's key to its wave (sample,) and sample rate in Hz, KeyError for an unknown one; None for a
            page without sound.

    Returns:
        Path of the page.

    Raises:
        UserError: no such folder, no run in it, or a broken file.
    """
    run = read_run_folder(run_dir)
    path = run_dir / REPORT_FILE
    whole_text(path, document(f"{_name(run)}: report", _body(run, waves)))
    return path


def _body(run: RunFolder, waves: Waves | None) -> list[str]:
    parts = [_top(run), note(run.missing), results_section(run.results), _curves(run), _views(run)]
    if run.embedded is not None and run.embedded.h and len(run.embedded.keys) > 1:
        parts += test_set_sections(run.embedded, waves)
    return [*parts, _settings(run)]


def _name(run: RunFolder) -> str:
    return run.record.name if run.record else run.path.resolve().name


def _top(run: RunFolder) -> str:
    facts = []
    if record := run.record:
        when = record.started[:16].replace("T", " ")
        facts = [str(record.data.get("name", "")), f"{record.steps} steps" if record.steps is not None else ""]
        facts += [f"trained in {duration(record.seconds_fit)}" if record.seconds_fit is not None else ""]
        facts += [
            f"seed {record.seed}" if record.seed is not None else "",
            f"commit {record.commit[:12]}",
            f"{when} UTC" if when else "",
        ]
    spans = "".join(f"<span>{escape(fact)}</span>" for fact in facts if fact)
    return f'<h1>{escape(_name(run))}</h1>\n<p class="facts">{spans}</p>'


def _curves(run: RunFolder) -> str:
    drawn = curves_figure(run.curves)
    told = "What was logged while training, over optimiser steps, across all resumptions."
    return section("Learning curves", told, figure(svg(drawn, "curves", "Learning curves"))) if drawn else ""


def _views(run: RunFolder) -> str:
    if not run.views:
        return ""
    drawn = views_figure(run.views[:MAX_VIEW_CLIPS], ink=INK)
    told = (
        "Pairs that the method was asked to match: log-mel spectrograms of the views of some clips and, where they "
        "were kept, the features after all augmentations."
    )
    return section("Views", told, figure(svg(drawn, "views", "Spectrograms of the views of some clips")))


def _settings(run: RunFolder) -> str:
    provenance = ""
    if run.record:
        fields = asdict(run.record)
        rows = [(k.replace("_", " "), _text(v)) for k, v in fields.items() if k != "results" and _text(v)]
        provenance = words_table([], rows)
    told = "All that is needed to repeat the run."
    parts = [folded("Provenance", provenance), folded("Resolved config", preformatted(run.config))]
    return section("Settings and provenance", told, *parts)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_text(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(v) for v in value)
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.4g}"
    return "" if value is None else str(value)
