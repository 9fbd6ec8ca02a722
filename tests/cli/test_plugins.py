from __future__ import annotations

import json


def test_json_tells_everything(sepcl):
    entries = {e["name"]: e for e in json.loads(sepcl("plugins --json").out)}
    assert set(entries) == {"ToySimCLR", "ToyJoint", "Numbers", "Louder", "Later", "Straight", "Bent"}
    simclr = entries["ToySimCLR"]
    assert simclr["family"] == "method"
    assert simclr["path"] == "tests.cli.toy_suite.ToySimCLR"
    assert simclr["summary"] == "Attracts."
    arguments = {a["name"]: a for a in simclr["arguments"]}
    assert list(arguments)[:2] == ["encoder", "temperature"]
    assert arguments["encoder"]["default"] == "required"
    assert arguments["encoder"]["help"] == "features to embedding."
    assert arguments["temperature"] == {
        "name": "temperature",
        "type": "float",
        "default": 0.1,
        "help": "of the softmax; above 0.",
    }
    assert arguments["optimizer"]["type"] == "recipe for Optimizer"
    assert arguments["optimizer"]["default"] == "torch.optim.Adam(p, lr=0.01)"


def test_text_fits_the_eye(sepcl):
    text = sepcl("plugins").out
    assert "augmentation\n  Later" in text
    assert "  Louder     Multiplies." in text
    assert "temperature" not in text


def test_one_plugin_in_detail(sepcl):
    text = sepcl("plugins louder").out
    assert text.splitlines()[:2] == ["Louder (augmentation): Multiplies.", "class_path: tests.cli.toy_suite.Louder"]
    assert "  p: float = 1.0\n      chance.\n" in text
    assert "  db: list[float] | null = null" in text


def test_a_name_that_does_not_exist(refused):
    assert "did you mean Louder?" in refused("plugins Loudr")
    assert "no option --jsn; did you mean --json?" in refused("plugins --jsn")
    assert "no plugin file nowhere.py" in refused("plugins --path nowhere.py")


def test_plugin_files_that_break(refused, tmp_path):
    (tmp_path / "breaks_at_once.py").write_text("1 / 0")
    assert "cannot be imported: ZeroDivisionError" in refused("plugins --path breaks_at_once.py")
    (tmp_path / "json.py").write_text("")
    assert "rename the file" in refused("plugins --path json.py")
