from __future__ import annotations

from pathlib import Path

import pytest

from lightning_sepcl.errors import UserError
from lightning_sepcl.sweep.hyperband import Hyperband
from lightning_sepcl.sweep.sweep_file import read_sweep

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("file", sorted((ROOT / "experiments/sweeps").glob("*.yaml")), ids=lambda f: f.stem)
def test_the_suites_own_can_be_read(file):
    sweep = read_sweep(file)
    assert sweep.metric.startswith("val/")
    assert sweep.varied


def test_what_it_says(content, write):
    content |= {"early_terminate": {"type": "hyperband", "max_iter": 27, "s": 2}, "run_cap": 5, "description": "Width"}
    sweep = read_sweep(write(content))
    assert (sweep.title, sweep.method, sweep.metric, sweep.goal, sweep.run_cap) == (
        *("Width", "grid", "val/score", "maximize", 5),
    )
    assert list(sweep.parameters) == ["model.rate", "model.width", "threads"]  # in order of their names, as to W&B
    assert sweep.varied == ["model.rate", "model.width"]
    assert sweep.early == Hyperband((3, 9), 3, strict=True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"method": "gird"}, "method: unknown name `gird`, did you mean `grid`?"),
        ({"method": None}, "`method` is missing, it is one of: grid, random, bayes"),
        ({"metric": None}, "`metric` is missing, the logged figure that decides, as in `metric: {name: "),
        ({"metric": {"name": "a", "goal": "maximise"}}, "goal: unknown name `maximise`, did you mean `maximize`?"),
        ({"parameters": {}}, "`parameters` is missing, the dotted keys that are varied"),
        ({"paramters": {}}, "unknown name `paramters`, did you mean `parameters`?"),
        (
            {"parameters": {"a": {"min": 0.0, "max": 1.0}}},
            "parameter a: method grid tries every value, and uniform has",
        ),
        ({"early_terminate": {"type": "envelope"}}, "`type` is hyperband, there is no other"),
        ({"early_terminate": {"type": "hyperband"}}, "`min_iter` is missing"),
        ({"early_terminate": {"type": "hyperband", "min_itr": 2}}, "did you mean `min_iter`?"),
        ({"early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 1}}, "it must be above 1"),
        ({"run_cap": 0}, "`run_cap` is how many runs there are at most, not 0"),
        ({"command": ["python", "train.py", "${args}"]}, "`command` should run `sepcl fit` and end with ${args}"),
        ({"command": ["${interpeter}", "fit", "${args}"]}, "unknown name `interpeter`, did you mean `interpreter`?"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(content, write, change, told):
    with pytest.raises(UserError) as error:
        read_sweep(write(content | change))
    assert told in str(error.value)
    assert "sweep file mine.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_no_file_and_no_yaml(tmp_path):
    with pytest.raises(UserError, match=r"cannot read sweep file nowhere\.yaml: No such file"):
        read_sweep(Path("nowhere.yaml"))
    (tmp_path / "broken.yaml").write_text("method: [grid")
    with pytest.raises(UserError, match="is broken YAML"):
        read_sweep(tmp_path / "broken.yaml")
