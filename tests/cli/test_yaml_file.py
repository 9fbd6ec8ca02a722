from __future__ import annotations

import pytest
import yaml

from lightning_sepcl.cli.yaml_file import parse_yaml, read_yaml
from lightning_sepcl.errors import UserError

TEXT = """\
a: 1
b:
  - x: 2.5
  - [true, null, "1"]
c: {d: word}
"""


def test_agrees_with_pyyaml():
    assert parse_yaml(TEXT, "f").value == yaml.safe_load(TEXT)


def test_knows_the_line_of_every_value():
    origins = parse_yaml(TEXT, "f").origins
    assert origins[("a",)] == "f:1"
    assert origins[("b", 0, "x")] == "f:3"
    assert origins[("b", 1, 2)] == "f:4"
    assert origins[("c", "d")] == "f:5"


@pytest.mark.parametrize(
    ("text", "value"), [("1e-3", 1e-3), ("3E5", 3e5), ("-2.e+1", -20.0), ("e1", "e1"), ("1e", "1e")]
)
def test_powers_of_ten_are_numbers(text, value):
    assert parse_yaml(f"lr: {text}", "f").value == {"lr": value}


def test_anchors_and_merge_keys():
    value = parse_yaml("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}", "f").value
    assert value == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2", "f:1:.*not valid YAML"),
        ("a: 1\n b: 2", "f:2:.*not valid YAML"),
        ("a: 1\nb: 2\na: 3", "f:3: 'a' is written twice"),
        ("? [1, 2]\n: 3", "f:1: a key must be a plain word"),
        ("a: !!python/object:os.system {}", "f:1: .*is not plain YAML"),
        ("a: !!python/name:os.system", "f:1:.*not valid YAML"),
        ("a: 1\nb: \0", "f:2: not valid YAML: it holds the character #x00"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, message):
    with pytest.raises(UserError, match=message):
        parse_yaml(text, "f")


def test_empty_and_missing_files(tmp_path):
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert read_yaml(tmp_path / "empty.yaml").value is None
    with pytest.raises(UserError, match="no file"):
        read_yaml(tmp_path / "nowhere.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot be read"):
        read_yaml(tmp_path / "binary.yaml")
