import errno
import hashlib
import json
import subprocess
import sys
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from data_sim.corpus import rendering as module
from data_sim.corpus.configuration import ArrayRules, RoomRules
from data_sim.corpus.drawn_scene import drawn_scene
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


@pytest.mark.parametrize(
    "rules",
    [
        ArrayRules(shape="tetrahedral"),
        ArrayRules(positions_m=((0.0, 0.0, 0.0), (0.3, 0.0, 0.0), (0.0, 0.0, 0.3))),
    ],
    ids=["tetrahedral", "own"],
)
def test_a_corpus_of_another_array(small, sounds, tmp_path, at_once, rules):
    """Each channel hears the recording when sound has come the way to its microphone; the manifest tells the centre."""
    dry = replace(small, scenes=2, array=rules, room=RoomRules(rt60_s=(0.1, 0.12)), engine="exact")
    out = tmp_path / "out"
    render(dry, out)
    rows, about = read_table(out / MANIFEST), json.loads((out / ABOUT).read_text())
    assert about["configuration"]["array"]["positions_m"] == [list(place) for place in rules.positions_m]
    for number, row in enumerate(rows):
        scene = drawn_scene(dry, number).scene
        assert [float(row[f"array_{axis}_m"]) for axis in "xyz"] == pytest.approx(
            scene.microphones.positions.mean(0).tolist(), abs=1e-4
        )
        audio, _ = soundfile.read(out / row["file"], always_2d=True)
        assert audio.shape[1] == rules.count
        sound, rate = soundfile.read(sounds / row["recording"])
        heard = [int(np.correlate(channel, sound, "full").argmax()) - len(sound) + 1 for channel in audio.T]
        assert heard == pytest.approx((scene.distances[0] / 343 * rate).tolist(), abs=0.6)


def test_processes_without_work_are_told(small, tmp_path, monkeypatch, capsys):
    class Nothing:
        """As many processes as there are shards, which write nothing."""

        def __init__(self, processes, *args, **kwargs):
            assert processes == 3

        def __enter__(self):
            return self

        def __exit__(self, *args):
            pass

        def submit(self, function, plan, shard):
            done = Future()
            done.set_result(None)
            return done

    monkeypatch.setattr(module, "ProcessPoolExecutor", Nothing)
    render(small, tmp_path / "out", processes=7)
    told = capsys.readouterr().err
    assert "3 of 7 processes have work" in told
    assert "shard_scenes = 1 and another --out" in told
    render(small, tmp_path / "out", processes=3)
    assert capsys.readouterr().err == ""


def test_a_device_that_is_not_there_is_told(small, tmp_path):
    with pytest.raises(UserError, match="device 'cuda:99' cannot be used on this machine"):
        render(replace(small, device="cuda:99"), tmp_path / "out")


def test_two_processes_write_the_same_as_one(small, tmp_path, at_once):
    render(small, tmp_path / "a")
    text = f'recordings = "{small.recordings}"\nscenes = 7\nsample_rate = 8000\nengine = "fast"\nshard_scenes = 3\n'
    (tmp_path / "rooms.toml").write_text(text + "[room]\nrt60_s = [0.15, 0.3]\n")
    words = ["render", "--config", str(tmp_path / "rooms.toml"), "--out", str(tmp_path / "b"), "--processes", "2"]
    done = subprocess.run([sys.executable, "-m", "data_sim", *words], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "7 scenes" in done.stdout
    assert sounds_of(tmp_path / "a") == sounds_of(tmp_path / "b")
