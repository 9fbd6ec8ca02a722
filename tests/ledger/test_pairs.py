"""Tables of pairs, of rows that another table has, and of learning curves."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml

from lightning_sepcl.ledger.cells import cell
from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.markdown import markdown
from lightning_sepcl.ledger.page import page
from lightning_sepcl.ledger.places import places_of
from lightning_sepcl.ledger.plan import jobs_of
from lightning_sepcl.ledger.run_record import RunRecord, merge_record, read_record, write_record
from lightning_sepcl.ledger.table_file import read_table
from lightning_sepcl.ledger.verdict import verdict

SCALES = ("mini", "paper")


@pytest.fixture
def paired(content, write):
    """A table of three things, of which the last is tried at the scale `paper` alone; writes it and reads it."""
    for scale in SCALES:
        path = Path(f"experiments/scales/{scale}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n")
    content |= {
        "pairs": {
            "fd": {"label": "FD", "experiment": "fd.yaml"},
            "tm": {"label": "TM", "experiment": ["tm.yaml"], "args": ["--big"]},
            "ps": {"label": "PS", "experiment": "ps.yaml", "scales": ["paper"]},
        },
        "rows": {},
        "runs": {"flat": {"experiment": "ours.yaml"}, "wave": {"experiment": "ours.yaml", "scales": ["paper"]}},
        "columns": {c: {"run": c, "metric": "accuracy"} for c in ("flat", "wave")},
        "claims": {
            "fade": {"says": "fading first is best", "test": "first_fd.flat > first_tm.flat"},
            "all": {"says": "something works", "test": "best.flat > mean.flat"},
        },
        "baselines": {},
    }
    path = write(content)
    for name in ("fd", "tm", "ps"):
        (path.parent / f"{name}.yaml").write_text(f"{name}: 1\n")
    return read_table(path)


def test_a_row_for_each_order_and_one_for_each_alone(paired):
    assert list(paired.rows) == ["fd", "fd_tm", "fd_ps", "tm_fd", "tm", "tm_ps", "ps_fd", "ps_tm", "ps"]
    run = paired.rows["tm_fd"].runs["flat"]
    assert [path.name for path in run.experiment] == ["ours.yaml", "tm.yaml", "fd.yaml"]
    assert run.args == ("--big",)
    assert [path.name for path in paired.rows["fd"].runs["flat"].experiment] == ["ours.yaml", "fd.yaml"]
    assert paired.rows["tm_fd"].label == "TM, FD"


def test_what_belongs_to_another_scale_is_neither_run_nor_shown(paired):
    def names(scale):
        return [job.name for job in jobs_of(paired, [0], Path("runs"), scale=scale)]

    assert names("mini") == ["fd.flat-s0", "fd_tm.flat-s0", "tm_fd.flat-s0", "tm.flat-s0"]
    assert len(names("paper")) == 18
    shown = markdown(page(paired, {}, "mini"))
    assert "FD, TM" in shown
    assert "PS" not in shown.partition("## Claims")[0].replace("with PS", "")
    assert "FD, PS" in markdown(page(paired, {}, "paper"))


def figures(record, **values):
    return {f"{row}.flat-s{s}": record(v + 0.001 * s * s, 0.5) for row, v in values.items() for s in range(3)}


def test_means_of_what_was_run_seed_by_seed(paired, record):
    records = figures(record, fd=0.6, fd_tm=0.8, tm_fd=0.4, tm=0.2)
    lines = {line.name: line for line in paired.lines()}

    def found(name):
        return cell(paired, lines[name], paired.columns["flat"], records)

    assert found("mean").by_seed == pytest.approx({0: 0.5, 1: 0.501, 2: 0.504})
    assert found("best").by_seed == pytest.approx({0: 0.8, 1: 0.801, 2: 0.804})
    assert found("first_fd").mean == pytest.approx(0.7 + 0.005 / 3)
    assert found("second_fd").mean == pytest.approx(0.5 + 0.005 / 3)
    assert math.isnan(found("first_ps").mean)
    del records["tm.flat-s2"]
    assert list(found("mean").by_seed) == [0, 1]  # one row lacks the last seed
    assert verdict(paired.claims[0], paired, records).decision == "cannot decide"
    assert verdict(paired.claims[0], paired, figures(record, fd=0.6, fd_tm=0.8, tm_fd=0.4, tm=0.2)).decision == (
        "confirmed"
    )


def test_a_row_may_not_have_the_name_of_a_pair(content, write):
    content["pairs"] = {"ours": {"experiment": "ours.yaml"}}
    with pytest.raises(LedgerError, match="the pair `ours` and a row have the same name"):
        read_table(write(content))
    content["pairs"] = {"a": {"label": "A"}}
    with pytest.raises(LedgerError, match=r"`a` in pairs .* `experiment` is missing"):
        read_table(write(content))


@pytest.fixture
def sides(content, write):
    """A table and another one that shows the learning curves of its runs."""
    content["rows"]["ours"]["paper"] = {"accuracy": 0.9}
    content["scale"] = "paper"
    path = write(content)
    other = {
        "title": "Sooner",
        "rows_of": path.name,
        "learning_curve": "val/accuracy",
        "columns": {"early": {"curve": "val/accuracy"}},
    }
    other["claims"] = {"soon": {"says": "soon", "test": "ours.early > 0.4"}}
    beside = path.with_name("sooner.yaml")
    beside.write_text(yaml.safe_dump(other))
    return read_table(path), read_table(beside), beside, other


def test_the_runs_of_another_table_are_shared_and_not_run_again(sides):
    first, second, _, _ = sides
    jobs = [jobs_of(table, [0], Path("runs"), scale="paper") for table in (first, second)]
    assert jobs[0] == jobs[1]
    places = [places_of(table, "paper") for table in (first, second)]
    assert places[0].records == places[1].records
    assert places[0].page != places[1].page
    assert places[0].html != places[1].html
    assert second.rows["ours"].paper == {}


def test_a_curve_is_summed_up_by_its_mean(sides):
    _, table, _, _ = sides
    records = {
        f"ours-s{s}": RunRecord("ours", "complete", curves={"val/accuracy": {1: 0.4, 2: 0.6 + s}}) for s in range(3)
    }
    found = cell(table, table.line("ours"), table.columns["early"], records)
    assert found.by_seed == pytest.approx({0: 0.5, 1: 1.0, 2: 1.5})
    assert math.isnan(found.chance[0])
    assert (
        cell(table, table.line("ours"), table.columns["early"], {"ours-s0": RunRecord("ours", "complete")}).by_seed
        == {}
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rows": {"a": {"experiment": "ours.yaml"}}}, "`rows_of` takes over the `rows` of"),
        ({"rows_of": "sooner.yaml"}, "takes over its rows itself"),
        ({"rows_of": "nowhere.yaml"}, "cannot read table file"),
    ],
)
def test_rows_are_taken_over_whole(sides, change, said):
    _, _, path, content = sides
    path.write_text(yaml.safe_dump(content | change))
    with pytest.raises(LedgerError, match=said):
        read_table(path)


def test_a_record_keeps_the_curves_of_validation(tmp_path):
    log = tmp_path / "run/log/version_0/metrics.csv"
    log.parent.mkdir(parents=True)
    log.write_text("step,train/loss,val/accuracy\n1,2.0,\n1,,0.25\n3,,0.5\n")
    record = merge_record(tmp_path / "run", status="complete", commit="abc")
    assert record.curves == {"val/accuracy": {1: 0.25, 3: 0.5}}
    assert read_record(tmp_path / "run/record.json").curves == record.curves
    write_record(record, tmp_path / "broken.json")
    text = (tmp_path / "broken.json").read_text().replace('"1": 0.25', '"one": 0.25')
    (tmp_path / "broken.json").write_text(text)
    with pytest.raises(LedgerError, match=r"curves in .*broken\.json do not fit"):
        read_record(tmp_path / "broken.json")
