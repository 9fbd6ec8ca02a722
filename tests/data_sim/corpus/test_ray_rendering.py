import sys
import types

import pytest

from data_sim.corpus import rendering
from data_sim.corpus.rendering import render
from data_sim.corpus.shard import MANIFEST, read_table, write_shard
from lightning_sepcl.errors import UserError


class FakeRay(types.ModuleType):
    """What of Ray is used here; tasks end in reverse order, and run when their result is asked for."""

    def __init__(self):
        super().__init__("ray")
        self.asked, self.cancelled, self.tasks = [], [], {}

    def init(self, ignore_reinit_error):
        assert ignore_reinit_error

    def remote(self, **asked):
        self.asked.append(asked)

        def start(function):
            def remote(*args):
                self.tasks[name := f"task {len(self.tasks)}"] = lambda: function(*args)
                return name

            return types.SimpleNamespace(remote=remote)

        return start

    def wait(self, references):
        return references[-1:], references[:-1]

    def get(self, reference):
        return self.tasks[reference]()

    def cancel(self, reference):
        self.cancelled.append(reference)


@pytest.fixture
def fake(monkeypatch):
    ray = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", ray)
    return ray


def sums(folder):
    return [row["sha256"] for row in read_table(folder / MANIFEST)]


def test_the_same_corpus_as_without(small, tmp_path, fake, monkeypatch):
    render(small, tmp_path / "ray", ray=True)
    assert fake.asked == [{"num_cpus": 1}]
    assert len(fake.tasks) == 3
    monkeypatch.setattr(rendering, "_write", lambda plan, shards, processes: [write_shard(plan, i) for i in shards])
    render(small, tmp_path / "here")
    assert sums(tmp_path / "ray") == sums(tmp_path / "here")
    render(small, tmp_path / "ray", ray=True)
    assert len(fake.tasks) == 3  # nothing was missing


def test_a_task_that_fails_ends_the_others(small, tmp_path, fake, monkeypatch):
    def broken(plan, shard):
        raise RuntimeError("node lost")

    monkeypatch.setattr("data_sim.corpus.ray_rendering.write_shard", broken)
    with pytest.raises(RuntimeError, match="node lost"):
        render(small, tmp_path / "out", ray=True)
    assert len(fake.cancelled) == 3


def test_without_ray_it_is_told(small, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"pip install 'lightning_sepcl\[ray\]'"):
        render(small, tmp_path / "out", ray=True)
