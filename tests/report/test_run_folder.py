from __future__ import annotations

import json

import numpy as np
import pytest

from lightning_sepcl.errors import UserError
from lightning_sepcl.report.run_folder import ReportError, read_run_folder


def test_a_complete_run(complete):
    run = read_run_folder(complete)
    assert len(run.results) == 8
    assert run.embedded.h.keys() == {"embedding", "log-mel mean+std"}
    assert run.embedded.labels(0) == ["bell"]
    assert [v.key for v in run.views] == ["bell/1.wav", "siren/2.wav", "wind/3.wav"]
    assert run.views[0].sample_rate == 16000  # from the config
    assert run.missing == ("No record.json: commit, hardware and times are not known.",)


def test_what_is_missing_is_told(fake, tmp_path):
    fake.write_config(tmp_path / "run")
    run = read_run_folder(tmp_path / "run")
    assert [sentence.split(":")[0] for sentence in run.missing][:2] == [
        "No results.json",
        "No log/version_*/metrics.csv",
    ]
    assert len(run.missing) == 5


def test_a_result_that_is_not_defined_is_told(fake, tmp_path):
    fake.write_results(tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    results[0]["value"] = None
    (tmp_path / "results.json").write_text(json.dumps(results))
    assert "not defined (NaN)" in read_run_folder(tmp_path).missing[-1]


def test_no_folder_and_no_run(tmp_path):
    with pytest.raises(ReportError, match="no run folder"):
        read_run_folder(tmp_path / "nowhere")
    with pytest.raises(ReportError, match="holds no run"):
        read_run_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("results.json", "{", "broken JSON"),
        ("results.json", "{}", "a list is expected"),
        ("results.json", '[{"what": "h"}]', "result 0"),
        ("record.json", "[", "broken JSON"),
        ("embeddings.npz", "text", "cannot be read as arrays"),
        ("views.npz", "", "cannot be read as arrays"),
        ("log/version_0/metrics.csv", "step,loss\n1,low\n", "no log of numbers"),
        ("log/version_0/metrics.csv", "epoch,loss\n1,2\n", "no log of numbers"),
    ],
)
def test_a_broken_file_is_told_in_one_sentence(tmp_path, name, content, says):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    with pytest.raises(UserError, match=says) as error:
        read_run_folder(tmp_path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "arrays", "says"),
    [
        ("embeddings.npz", {"keys": np.array(["a"])}, "no array 'target'"),
        (
            "embeddings.npz",
            {"keys": np.array(["a"]), "target": np.ones((2, 1)), "class_names": np.array(["x"])},
            "different lengths",
        ),
        ("views.npz", {"keys": np.array(["a"])}, "wave_0"),
        ("views.npz", {"keys": np.array(["a"]), "wave_0": np.ones(5)}, "misshaped"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path, name, arrays, says):
    np.savez(tmp_path / name, **arrays)
    with pytest.raises(ReportError, match=says):
        read_run_folder(tmp_path)


def test_views_may_tell_their_sample_rate(tmp_path):
    np.savez(tmp_path / "views.npz", keys=np.array(["a"]), wave_0=np.ones((2, 5)), sample_rate=8000)
    (tmp_path / "config.yaml").write_text("data: {sample_rate: 16000}\n")
    assert read_run_folder(tmp_path).views[0].sample_rate == 8000
    assert read_run_folder(tmp_path).views[0].features is None
