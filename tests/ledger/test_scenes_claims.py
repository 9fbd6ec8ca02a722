"""The claims of the separated-scenes paper, written as a table would write them, judged on the published figures."""

from __future__ import annotations

import pytest

from lightning_sepcl.ledger.run_record import RunRecord
from lightning_sepcl.ledger.table_file import read_table
from lightning_sepcl.ledger.verdict import verdict
from lightning_sepcl.records import Result

# Source: Fonseca et al. 2021, Tables 1 to 5: query by example, classification (mAP); NaN where none is printed.
NAN = float("nan")
ROWS = {
    "logmel": (0.423, 0.065), "sa": (0.551, 0.196), "tp": (0.591, 0.248), "tpsa": (0.613, 0.265),
    "cp": (0.599, 0.286), "mixchan_nosa": (0.631, 0.272), "mixchan": (0.640, 0.282), "mixany": (0.638, 0.279),
    "chanchan": (0.611, 0.254), "cp_mixchan": (0.619, 0.293), "cp_chanchan": (0.590, 0.283),
    "d128": (NAN, 0.310), "d1024": (NAN, 0.326),
}  # fmt: skip
SEPARATORS = {
    "s2": (0.640, 0.282, 0.649, 0.289), "s1": (0.639, 0.283, 0.651, 0.293), "f": (0.651, 0.280, 0.659, 0.297),
    "n": (0.659, 0.286, 0.663, 0.301), "s2f": (0.653, 0.283, 0.658, 0.300), "s2n": (0.660, 0.297, 0.671, 0.306),
    "s2fn": (0.667, 0.285, 0.672, 0.310),
}  # fmt: skip
SINGLE = {
    "c1": ["tpsa.qbe > tp.qbe > sa.qbe > logmel.qbe", "tpsa.cls > tp.cls > sa.cls > logmel.cls"],
    "c2": ["tpsa.qbe > cp.qbe", "cp.cls > tpsa.cls", "mixchan.qbe > cp_mixchan.qbe", "cp_mixchan.cls > mixchan.cls"],
    "c3": ["mixchan_nosa.qbe > tp.qbe", "mixchan.qbe > tpsa.qbe", "mixchan_nosa.qbe > tpsa.qbe"],
    "c4": ["|mixany.qbe - mixchan.qbe| <= 0.003", "|mixany.cls - mixchan.cls| <= 0.004"],
    "c5": ["|mixchan.qbe - chanchan.qbe - 0.03| <= 0.005", "|chanchan.qbe - tpsa.qbe| <= 0.003",
           "chanchan.cls < tpsa.cls", "|cp_chanchan.cls - cp.cls| <= 0.004"],
    "c9": ["d1024.cls > d128.cls"],
    "c10": ["tpsa.qbe > tpsa.qbe_z"],
    "c11": ["tpsa.qbe >= sa.qbe"],
}  # fmt: skip
GRID = {
    "c6": {"test": ["n.simclr_qbe > f.simclr_qbe > s2.simclr_qbe", "|s2.simclr_qbe - s1.simclr_qbe| <= 0.003"]},
    "c7": {"test": ["s2n.simclr_cls > s2.simclr_cls", "s2n.simclr_cls > n.simclr_cls",
                    "s2fn.simclr_qbe > s2n.simclr_qbe", "s2fn.simclr_cls < s2n.simclr_cls"]},
    "c8": {"test": ["row.joint_qbe >= row.simclr_qbe", "row.joint_cls >= row.simclr_cls"], "over": "rows"},
}  # fmt: skip


def run(figures, seed):
    """A run whose figures are the published ones, a little moved so that every seed differs."""
    values = [(w, m, v + 1e-5 * seed) for (w, m), v in figures.items()]
    return RunRecord("r", "complete", results=tuple(Result(w, m, v, 0.3, 9, "published", seed) for w, m, v in values))


@pytest.mark.parametrize("name", SINGLE)
def test_claims_about_rows(content, write, name):
    content["columns"] = {"qbe": {}, "cls": {}, "qbe_z": {"metric": "qbe", "what": "projection"}}
    content["rows"] = {row: {"experiment": "ours.yaml"} for row in ROWS}
    content["claims"] = {name: {"says": "as published", "test": SINGLE[name]}}
    table = read_table(write(content))
    records = {
        f"{row}-s{s}": run({("embedding", "qbe"): q, ("embedding", "cls"): c, ("projection", "qbe"): q - 0.1}, s)
        for row, (q, c) in ROWS.items()
        for s in range(3)
    }
    assert verdict(table.claims[0], table, records).decision == "confirmed"


@pytest.mark.parametrize("name", GRID)
def test_claims_about_separators(content, write, name):
    columns = [f"{run}_{metric}" for run in ("simclr", "joint") for metric in ("qbe", "cls")]
    content["columns"] = {c: {"run": c.partition("_")[0], "metric": c.partition("_")[2]} for c in columns}
    content["runs"] = {"simclr": {"experiment": "ours.yaml"}, "joint": {"experiment": "ours.yaml"}}
    content["rows"] = {row: {"paper": dict(zip(columns, figures, strict=True))} for row, figures in SEPARATORS.items()}
    content["baselines"] = {}
    content["claims"] = {name: {"says": "as published"} | GRID[name]}
    table = read_table(write(content))
    records = {
        f"{row}.{key}-s{s}": run({("embedding", "qbe"): f[2 * i], ("embedding", "cls"): f[2 * i + 1]}, s)
        for row, f in SEPARATORS.items()
        for i, key in enumerate(("simclr", "joint"))
        for s in range(3)
    }
    found = verdict(table.claims[0], table, records)
    assert found.decision == "confirmed"
    if name == "c8":
        assert found.statistic == "confirmed in 7 of 7"
        assert len(found.parts) == 14
