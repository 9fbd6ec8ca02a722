from __future__ import annotations

from pathlib import Path

import pytest

from lightning_sepcl.cli.composition import Composition, family_of
from lightning_sepcl.errors import UserError


def write(name, text):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)
    return Path(name)


def composed(*files, **settings):
    written = Composition()
    for file in files:
        written.add_file(Path(file))
    for option, text in settings.items():
        written.assign(option, text)
    return written


def test_mappings_merge_lists_are_replaced_and_plus_appends():
    write("a.yaml", "x: {a: 1, b: {c: 2}}\nlist: [1, 2]\nmore: [1]")
    write("b.yaml", "x: {b: {d: 3}}\nlist: [3]\nmore+: [2, 3]\nnew+: 4")
    value = composed("a.yaml", "b.yaml").value
    assert value == {"x": {"a": 1, "b": {"c": 2, "d": 3}}, "list": [3], "more": [1, 2, 3], "new": [4]}


def test_three_generations():
    write("grand/old.yaml", "a: old\nb: old\nc: old")
    write("child.yaml", "inherits: [grand/old.yaml]\nb: child\nc: child")
    write("deep/er/young.yaml", "inherits: ../../child.yaml\nc: young")
    assert composed("deep/er/young.yaml").value == {"a": "old", "b": "child", "c": "young"}


def test_a_diamond_reads_its_top_once():
    write("top.yaml", "a: top\nb: top\nlist+: [1]")
    write("left.yaml", "inherits: [top.yaml]\na: left")
    write("right.yaml", "inherits: [top.yaml]\nb: right")
    write("bottom.yaml", "inherits: [left.yaml, right.yaml]")
    assert [f.stem for f in family_of(Path("bottom.yaml"))] == ["top", "left", "right", "bottom"]
    assert composed("bottom.yaml").value == {"a": "left", "b": "right", "list": [1]}


def test_a_second_file_does_not_undo_the_first_by_a_common_parent():
    write("top.yaml", "a: top")
    write("row.yaml", "inherits: [top.yaml]\na: row")
    write("scale.yaml", "inherits: [top.yaml]\nsteps: 2")
    assert composed("row.yaml", "scale.yaml").value == {"a": "row", "steps": 2}


def test_circles_and_missing_parents_are_told():
    write("a.yaml", "inherits: [b.yaml]")
    write("b.yaml", "inherits: [a.yaml]")
    with pytest.raises(UserError, match=r"circle: a.yaml -> b.yaml -> a.yaml"):
        composed("a.yaml")
    write("orphan.yaml", "x: 1\ninherits: [nobody.yaml]")
    with pytest.raises(UserError, match=r"orphan.yaml:2: inherits .*nobody.yaml, which does not exist"):
        composed("orphan.yaml")


def test_sub_files_are_relative_to_the_file_that_names_them():
    write("parts/gain.yaml", "class_path: Gain\ninit_args: {p: 0.4}")
    write("parts/chain.yaml", "class_path: Chain\ninit_args: {steps: [gain.yaml, gain.yaml]}")
    write("papers/one/row.yaml", "augment: ../../parts/chain.yaml")
    write("over.yaml", "augment: {init_args: {extra: 1}}")
    gain = {"class_path": "Gain", "init_args": {"p": 0.4}}
    written = composed("papers/one/row.yaml", "over.yaml")
    assert written.value["augment"] == {"class_path": "Chain", "init_args": {"steps": [gain, gain], "extra": 1}}
    assert written.origin(("augment", "init_args", "steps", 1, "init_args", "p")) == "parts/gain.yaml:2"


def test_sub_files_inherit_and_may_be_missing_or_circular():
    write("parts/gain.yaml", "class_path: Gain\ninit_args: {p: 0.4, db: 1}")
    write("parts/soft.yaml", "inherits: [gain.yaml]\ninit_args: {db: 0}")
    write("row.yaml", "augment: parts/soft.yaml")
    assert composed("row.yaml").value["augment"] == {"class_path": "Gain", "init_args": {"p": 0.4, "db": 0}}
    write("bad.yaml", "x: 1\naugment: parts/no.yaml")
    with pytest.raises(UserError, match=r"bad.yaml:2: no file parts/no.yaml"):
        composed("bad.yaml")
    write("self.yaml", "augment: self.yaml")
    with pytest.raises(UserError, match="contains itself"):
        composed("self.yaml")


def test_options_reach_everything_and_win():
    write("a.yaml", "model: {class_path: A, init_args: {enc: Conv, list: [{class_path: G, init_args: {p: 1}}]}}")
    written = composed(
        "a.yaml",
        **{
            "model.t": "0.5",
            "model.init_args.u": "2",
            "model.enc.width": "3",
            "model.list.0.p": "0.1",
            "model.list+": "H",
            "trainer.max_epochs": "7",
            "data": "D",
            "data.n": "null",
        },
    )
    assert written.value == {
        "model": {
            "class_path": "A",
            "init_args": {
                "enc": {"class_path": "Conv", "init_args": {"width": "3"}},
                "list": [{"class_path": "G", "init_args": {"p": "0.1"}}, "H"],
                "t": "0.5",
                "u": "2",
            },
        },
        "trainer": {"max_epochs": "7"},
        "data": {"class_path": "D", "init_args": {"n": None}},
    }
    assert written.origin(("model", "init_args", "list", 0, "init_args", "p")) == "--model.list.0.p"


def test_an_argument_before_the_class_it_belongs_to():
    written = composed(**{"data.n": "1"})
    written.assign("data", "D")
    assert written.value["data"] == {"class_path": "D", "init_args": {"n": "1"}}


def test_lists_mappings_and_files_as_options():
    write("parts/gain.yaml", "class_path: Gain")
    written = composed(a="[1, x]", b="{c: 1e-3}", d="parts/gain.yaml", e="['parts/gain.yaml']", f="None")
    gain = {"class_path": "Gain"}
    assert written.value == {"a": [1, "x"], "b": {"c": 1e-3}, "d": gain, "e": [gain], "f": None}
    with pytest.raises(UserError, match=r"--a:1.*not valid YAML"):
        composed(a="[1, x")
    with pytest.raises(UserError, match="'7' is not a position of this list, which has 1"):
        composed(a="[1]", **{"a.7.p": "1"})


def test_references_see_all_layers_and_options():
    write("a.yaml", "steps: 5\ntwice: {half: '${steps}'}")
    write("b.yaml", "name: 'run-${twice.half}'")
    written = composed("a.yaml", "b.yaml", steps="9")
    written.resolve_references()
    assert written.value == {"steps": "9", "twice": {"half": "9"}, "name": "run-9"}
    write("bad.yaml", "a:\n  b: '${nowhere}'")
    with pytest.raises(UserError, match=r"bad.yaml:2: a.b: .*nowhere.* not found"):
        composed("bad.yaml").resolve_references()


def test_environment_references(monkeypatch):
    monkeypatch.setenv("CORPUS", "/there")
    write("a.yaml", "root: '${oc.env:CORPUS}'\nother: '${oc.env:NOT_SET,default}'")
    written = composed("a.yaml")
    written.resolve_references()
    assert written.value == {"root": "/there", "other": "default"}


def test_plugin_files_are_relative_to_the_file_that_names_them():
    write("lab/row.yaml", "plugins: [mine.py]\nx: 1")
    written = composed("lab/row.yaml")
    assert written.plugins == [str(Path("lab/mine.py").resolve())]
    assert written.value == {"x": 1}


def test_a_list_is_no_experiment():
    with pytest.raises(UserError, match="an experiment is a mapping"):
        composed(write("list.yaml", "[1]"))
