import errno
import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from data_sim.corpus import rendering as module
from data_sim.corpus.rendering import ABOUT, render
from data_sim.corpus.shard import MANIFEST, SKIPPED, read_table, write_shard
from lightning_sepcl.errors import UserError


@pytest.fixture
def at_once(monkeypatch):
    """Shards are written by this process, in turn: starting others takes seconds."""

    def write(plan, shards, processes):
        for shard in shards:
            write_shard(plan, shard)

    monkeypatch.setattr(module, "_write", write)


def sounds_of(folder):
    return {row["scene"]: row["sha256"] for row in read_table(folder / MANIFEST)}


def test_the_manifest_tells_what_is_there(small, tmp_path, at_once):
    out = tmp_path / "out"
    render(small, out)
    rows = read_table(out / MANIFEST)
    assert [row["scene"] for row in rows] == [str(n) for n in range(7)]
    assert all(hashlib.sha256((out / row["file"]).read_bytes()).hexdigest() == row["sha256"] for row in rows)
    assert read_table(out / SKIPPED) == []
    about = json.loads((out / ABOUT).read_text())
    assert about["classes"] == ["Rain", "Wind"]
    assert about["configuration"]["room"]["rt60_s"] == [0.15, 0.3]
    assert not list(out.glob(".shard*"))


def test_shards_and_shares_do_not_change_how_scenes_sound(small, tmp_path, at_once):
    render(small, tmp_path / "a")
    render(replace(small, shard_scenes=5), tmp_path / "b")
    for k in (2, 1, 3):
        render(small, tmp_path / "c", share=(k, 3))
        assert (tmp_path / "c" / MANIFEST).exists() == (k == 3)
    a, b, c = (sounds_of(tmp_path / name) for name in "abc")
    assert a == b == c
    assert len(set(a.values())) == 7


def test_what_is_missing_is_written(small, tmp_path, at_once):
    plan = render(small, tmp_path / "a")
    before = sounds_of(tmp_path / "a")
    for path in plan.folder(1).iterdir():
        path.unlink()
    plan.folder(1).rmdir()
    (tmp_path / "a" / MANIFEST).unlink()
    render(small, tmp_path / "a")
    assert sounds_of(tmp_path / "a") == before


def test_another_corpus_is_not_mixed_in(small, sounds, tmp_path, at_once):
    out = tmp_path / "out"
    render(small, out)
    with pytest.raises(UserError, match="begun with another configuration: choose another --out"):
        render(replace(small, seed=1), out)
    (sounds / "Rain" / "9.wav").write_bytes((sounds / "Rain" / "0.wav").read_bytes())
    with pytest.raises(UserError, match="begun with other recordings"):
        render(small, out)
    with pytest.raises(UserError, match="holds something else"):
        render(small, sounds)


def test_a_full_disk(small, tmp_path, monkeypatch):
    def full(plan, shards, processes):
        write_shard(plan, 0)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "_write", full)
    with pytest.raises(UserError, match="the disk is full; 3 of 7 scenes are complete, free some space and give"):
        render(small, tmp_path / "out")


def test_an_engine_that_is_missing_is_told_before_anything_is_written(small, tmp_path):
    with pytest.raises(UserError, match="gpurir needs an NVIDIA GPU"):
        render(replace(small, engine="gpurir"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_processes_write_the_same_as_one(small, tmp_path, at_once):
    render(small, tmp_path / "a")
    text = f'recordings = "{small.recordings}"\nscenes = 7\nsample_rate = 8000\nengine = "fast"\nshard_scenes = 3\n'
    (tmp_path / "rooms.toml").write_text(text + "[room]\nrt60_s = [0.15, 0.3]\n")
    words = ["render", "--config", str(tmp_path / "rooms.toml"), "--out", str(tmp_path / "b"), "--processes", "2"]
    done = subprocess.run([sys.executable, "-m", "data_sim", *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "7 scenes" in done.stdout
    assert sounds_of(tmp_path / "a") == sounds_of(tmp_path / "b")
