import pytest

from data_sim.corpus.inspection import inspected
from data_sim.corpus.recordings import Recordings
from data_sim.corpus.rendering import _begin, _finish
from data_sim.corpus.shard import Plan, write_shard
from lightning_sepcl.errors import UserError


@pytest.fixture
def plan(small, sounds, tmp_path):
    found = Plan(small, Recordings.below(sounds), tmp_path / "out")
    _begin(found)
    write_shard(found, 0)
    write_shard(found, 2)
    return found


def test_a_part_of_a_corpus(plan):
    page, damaged = inspected(plan.out)
    assert "7 scenes, 2 classes, engine fast, seed 0" in page
    assert "incomplete: 3 scenes are missing" in page
    assert "4 files" in page
    assert damaged == []


def test_a_whole_corpus_and_its_damage(plan):
    write_shard(plan, 1)
    _finish(plan)
    page, damaged = inspected(plan.out, checksums=True)
    assert "incomplete" not in page
    assert "RT60 measured over asked" in page
    assert damaged == []
    (plan.folder(1) / "000004.flac").write_bytes(b"other")
    (plan.folder(1) / "000005.flac").unlink()
    assert inspected(plan.out)[1] == ["missing: shard-00001/000005.flac"]
    assert inspected(plan.out, checksums=True)[1] == [
        "damaged: shard-00001/000004.flac", "missing: shard-00001/000005.flac"
    ]  # fmt: skip


def test_no_corpus(tmp_path):
    with pytest.raises(UserError, match="no corpus in"):
        inspected(tmp_path)
