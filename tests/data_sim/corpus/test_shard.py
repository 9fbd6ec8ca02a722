from pathlib import Path

import pytest

from data_sim.corpus import shard
from data_sim.corpus.recordings import Recordings
from data_sim.corpus.shard import MANIFEST, SKIPPED, Plan, read_table, write_shard


@pytest.fixture
def plan(small, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    return Plan(small, Recordings.below(Path(small.recordings)), out)


def test_scenes_are_dealt_out(plan):
    assert (plan.scenes, plan.shards) == (7, 3)
    assert [list(plan.numbers(k)) for k in range(3)] == [[0, 1, 2], [3, 4, 5], [6]]


def test_a_shard_is_there_when_it_is_whole(plan):
    write_shard(plan, 2)
    assert sorted(p.name for p in plan.folder(2).iterdir()) == ["000006.csv", "000006.flac", MANIFEST, SKIPPED]
    assert not plan.part(2).exists()
    assert plan.finished_scenes(2) == 1
    assert plan.finished_scenes(0) == 0


def test_a_killed_run_leaves_no_shard_and_its_part_is_begun_anew(plan, monkeypatch):
    whole, calls = shard.rendered_scene, []

    def killed_at_the_second(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*args)

    monkeypatch.setattr(shard, "rendered_scene", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        write_shard(plan, 0)
    assert not plan.folder(0).exists()
    assert plan.finished_scenes(0) == 1
    (plan.part(0) / "000001.flac").write_bytes(b"half a file")
    write_shard(plan, 0)
    assert len(read_table(plan.folder(0) / MANIFEST)) == 3
    assert (plan.folder(0) / "000001.flac").read_bytes() != b"half a file"


def test_what_is_complete_is_not_written_again(plan, monkeypatch):
    write_shard(plan, 2)
    monkeypatch.setattr(shard, "rendered_scene", lambda *args: pytest.fail("rendered again"))
    write_shard(plan, 2)


def test_recordings_that_cannot_be_read_are_left_out_and_told(plan):
    (plan.recordings.root / "Rain" / "1.wav").write_bytes(b"nothing")
    write_shard(plan, 0)
    assert [row["scene"] for row in read_table(plan.folder(0) / MANIFEST)] == ["0", "2"]
    left_out = read_table(plan.folder(0) / SKIPPED)
    assert [(row["scene"], row["recording"]) for row in left_out] == [("1", "Rain/1.wav")]
    assert "damaged" in left_out[0]["why"]
