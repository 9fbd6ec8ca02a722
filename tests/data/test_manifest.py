from __future__ import annotations

import pytest

from lightning_sepcl.data.manifest import Entry, Manifest, closest, read_manifest
from lightning_sepcl.errors import UserError

CLASSES = ("dog", "cat")


def entry(key="a", labels=("dog",), split="train", **more):
    return Entry(key, f"audio/{key}.wav", 0.0, None, labels, split, 1, **more)


def test_what_was_written_is_read(tmp_path):
    clips = (
        entry('a, "quoted"\nname', labels=CLASSES, group="speaker 1"),
        entry("ünï/\u2028", labels=(), split="test", sources=("a.wav", "b, c.wav")),
        Entry("window", "x.flac", 0.1, 1 / 3, ("cat",), "val", 0),
    )
    manifest = Manifest(clips, CLASSES, multi_label=True)
    manifest.write(tmp_path / "m.csv")
    assert read_manifest(tmp_path / "m.csv") == manifest
    assert read_manifest(tmp_path / "m.csv").hash == manifest.hash


def test_any_change_changes_the_hash():
    one = Manifest((entry(),), CLASSES, multi_label=False)
    others = [
        Manifest((entry(labels=("cat",)),), CLASSES, multi_label=False),
        Manifest((entry(split="val"),), CLASSES, multi_label=False),
        Manifest((entry("b"),), CLASSES, multi_label=False),
        Manifest((entry(),), CLASSES[::-1], multi_label=False),
        Manifest((entry(),), CLASSES, multi_label=True),
    ]
    assert len({m.hash for m in [one, *others]}) == 6


def test_the_hash_stays_what_it_was():
    """Records of runs carry it, so it must not move from version to version without notice."""
    assert Manifest((entry(),), CLASSES, multi_label=False).hash == "c3c09aee761e"


BAD = {
    "twins": (
        lambda: Manifest((entry(), entry()), CLASSES, False),
        r"1 clip name\(s\) occur more than once, the first is a",
    ),
    "class twice": (lambda: Manifest((), ("dog", "dog"), False), "class name"),
    "typo": (lambda: Manifest((entry(labels=("dgo",)),), CLASSES, False), "clip a: label 'dgo'.*did you mean dog"),
    "split": (lambda: Manifest((entry(split="valid"),), CLASSES, False), "split is 'valid'.*train, val, test"),
    "separator": (lambda: Manifest((entry(sources=("a;b",)),), CLASSES, False), "'a;b' contains ';'"),
    "two labels": (lambda: Manifest((entry(labels=CLASSES),), CLASSES, False), "clip a has 2 labels.*one per clip"),
}


@pytest.mark.parametrize(("make", "why"), BAD.values(), ids=BAD)
def test_a_wrong_manifest_is_refused(make, why):
    with pytest.raises(UserError, match=why):
        make()


FILES = {
    "absent": (None, "no manifest at"),
    "other file": ("file,label\na,b\n", "first two lines"),
    "empty": ("", "first two lines"),
    "columns": ("# classes: dog\n# multi_label: false\nkey,path\na,b\n", "its columns are"),
    "number": (
        "# classes: dog\n# multi_label: false\n"
        "key,path,start_seconds,duration_seconds,labels,split,fold,sources,group\n"
        "a,a.wav,soon,,dog,train,1,,\n",
        "line 4: could not convert",
    ),
}


@pytest.mark.parametrize(("content", "why"), FILES.values(), ids=FILES)
def test_a_wrong_file_is_refused(tmp_path, content, why):
    if content is not None:
        (tmp_path / "m.csv").write_text(content)
    with pytest.raises(UserError, match=why):
        read_manifest(tmp_path / "m.csv")


def test_hint_is_short_where_nothing_is_similar():
    assert closest("zzz", [f"class{i}" for i in range(50)]).endswith("class7, ...")
