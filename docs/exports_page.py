"""Write docs/results/exports.md from the records of exports: how closely every file agrees with its checkpoint.

sepcl export runs/tables/digits/simclr-s0 --to safetensors onnx torchscript hear --out exports/digits-simclr
python docs/exports_page.py exports/*
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning_sepcl.deploy.agreement import Case, figure, table, worst
from lightning_sepcl.deploy.exporting import RECORD
from lightning_sepcl.ledger.document import Block, Grid, Heading, Items, Paragraph
from lightning_sepcl.ledger.markdown import markdown
from lightning_sepcl.whole_file import whole_text

RESULTS = Path(__file__).resolve().parent / "results"
PAGE, RECORDS = RESULTS / "exports.md", RESULTS / "records" / "exports"
ABOUT = (
    "Every file was compared with the checkpoint that it was made of, on seeded noise and tones of several lengths: "
    "the largest difference of any value, and in brackets its share of the largest value of the checkpoint's output. "
    "The export is refused above the tolerance. Written by `python docs/exports_page.py FOLDER ...` from the records "
    "of `sepcl export`; an edit by hand is overwritten."
)


def page(records: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole page, from the records by name. The same records give the same page."""
    blocks: list[Block] = [Heading("Exports beside their checkpoints", 1), Paragraph(ABOUT), _summary(records)]
    for name, record in records.items():
        head, *rows = table(_cases(record))
        blocks += [Heading(name), Items(_facts(record)), Grid(head, tuple(rows))]
    return markdown(blocks)


def _summary(records: Mapping[str, Mapping[str, Any]]) -> Grid:
    targets = list(dict.fromkeys(target for record in records.values() for target in record["agreement"]))
    rows = []
    for name, record in records.items():
        cases = _cases(record)
        found = (figure(worst(cases[target]).relative) if target in cases else "" for target in targets)
        rows.append((name, record["kind"], *found, f"{record['tolerance']:g}"))
    return Grid(("", "kind", *(f"{target}, largest share" for target in targets), "tolerance"), tuple(rows))


def _cases(record: Mapping[str, Any]) -> dict[str, list[Case]]:
    return {target: [Case(**case) for case in cases] for target, cases in record["agreement"].items()}


def _facts(record: Mapping[str, Any]) -> tuple[str, ...]:
    training, environment = record["training"], record["environment"]
    data, machine = training.get("data", {}), environment["hardware"]
    dirty = " with uncommitted changes" if environment["dirty"] else ""
    gpu, versions = machine["gpu"], environment["versions"]
    return (
        f"**run**: `{record['source']}`, seed {training.get('seed')}, commit `{str(training.get('commit'))[:12]}`",
        f"**data of the run**: {data.get('name')}, manifest {data.get('manifest')}, {data.get('hours')} h",
        f"**checkpoint**: sha256 `{record['checkpoint_sha256'][:12]}`",
        f"**compared with**: noise and tones of seed {record['seed']}",
        f"**commit of the export**: `{environment['commit'][:12]}`{dirty}",
        f"**hardware**: {machine['cpu']}, {machine['cores']} cores, {machine['threads']} threads, GPU {gpu}",
        f"**versions**: {', '.join(f'{name} {number}' for name, number in versions.items())}",
    )


def main(folders: Sequence[str]) -> int:
    """Keep the records of these exports, and write the page of all that are kept."""
    RECORDS.mkdir(parents=True, exist_ok=True)
    for folder in map(Path, folders):
        shutil.copyfile(folder / RECORD, RECORDS / f"{folder.name}.json")
    records = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(RECORDS.glob("*.json"))}
    whole_text(PAGE, page(records))
    print(f"{len(records)} exports: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
