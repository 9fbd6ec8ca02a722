from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from lightning_sepcl.cli.reproduce import run
from lightning_sepcl.ledger import ray_launcher
from lightning_sepcl.ledger.errors import LedgerError

FAKE = [sys.executable, str(Path(__file__).with_name("fake_sepcl.py"))]
PAGE = Path("docs/results/tones.md")


class WorkerCrashedError(Exception):
    """As Ray's own, which all derive from one."""


class FakeRay(types.ModuleType):
    """What of Ray is used here; a task runs when its result is waited for, after the tasks it was given."""

    exceptions = types.SimpleNamespace(RayError=WorkerCrashedError)
    killed = ""
    """Job whose process is killed."""

    def __init__(self, gpus):
        super().__init__("ray")
        self.gpus, self.asked, self.order = gpus, [], []

    def init(self, ignore_reinit_error):
        assert ignore_reinit_error

    def cluster_resources(self):
        return {"CPU": 4.0} | ({"GPU": 2.0} if self.gpus else {})

    def remote(self, **asked):
        self.asked.append(asked)
        return lambda function: types.SimpleNamespace(remote=lambda *args: Reference(function, args, self.order))

    def wait(self, references):
        return references[-1:], references[:-1]

    def get(self, reference):
        return reference.result()


class Reference:
    def __init__(self, function, args, order):
        self.function, self.args, self.order, self.value = function, args, order, None

    def result(self):
        if self.value is None:
            args = [a.result() if isinstance(a, Reference) else a for a in self.args]
            job = args[0][args[0].index("--job") + 1]
            if job == FakeRay.killed:
                raise WorkerCrashedError
            self.order.append(job)
            self.value = self.function(*args)
        return self.value


@pytest.fixture
def with_ray(staged, write, monkeypatch):
    """Runs the table with stages through the fake Ray; a task runs our command line here, with fake trainings."""
    write(staged)
    monkeypatch.setenv("FAKE_LOG", "calls.txt")

    def start(command, cwd, check):
        assert (command[:2], Path(cwd), check) == (["our_sepcl", "reproduce"], Path.cwd(), False)
        run(command[2:], FAKE)

    monkeypatch.setattr(ray_launcher, "subprocess", types.SimpleNamespace(run=start))

    def call(*args, gpus=False):
        ray = FakeRay(gpus)
        monkeypatch.setitem(sys.modules, "ray", ray)
        code = run(["tones", "--launcher", "ray", "--seeds", "1", *args], ["our_sepcl"])
        return code, ray

    return call


def test_tasks_wait_for_their_stages_and_the_page_is_written(with_ray, capsys):
    code, ray = with_ray("--only", "n", "--threads", "2")
    assert code == 0
    assert ray.order == ["separator-s0", "separated-s0", "n.joint-s0", "n.simclr-s0"]
    assert ray.asked == [{"num_cpus": 2, "num_gpus": 0}]
    assert "| N | **0.800** (1) |" in PAGE.read_text()
    assert "[4/4]" in capsys.readouterr().err
    code, ray = with_ray("--only", "n")
    assert (code, ray.order) == (0, [])


def test_a_gpu_each_where_there_are_any(with_ray):
    assert with_ray("--only", "plain", gpus=True)[1].asked == [{"num_cpus": 1, "num_gpus": 1}]


def test_failures_are_told(with_ray, monkeypatch, capsys):
    monkeypatch.setenv("FAKE_FAIL", "separated")
    code, _ = with_ray("--only", "n")
    assert code == 1
    told = capsys.readouterr().err
    assert "1 of 4 runs failed: separated-s0" in told
    assert "2 not run, because a stage failed: n.simclr-s0, n.joint-s0" in told


def test_a_task_whose_process_is_killed_stops_only_those_that_need_it(with_ray, monkeypatch, capsys):
    monkeypatch.setattr(FakeRay, "killed", "separator-s0")
    code, ray = with_ray()
    assert code == 1
    assert sorted(ray.order) == ["plain.joint-s0", "plain.simclr-s0"]
    told = capsys.readouterr().err
    assert told.count("separator-s0: its task was lost (WorkerCrashedError); the same command begins it again") == 1
    assert told.count("its task was lost") == 1
    assert "1 of 6 runs failed: separator-s0" in told
    assert "3 not run, because a stage failed: separated-s0, n.simclr-s0, n.joint-s0" in told
    monkeypatch.setattr(FakeRay, "killed", "")
    code, ray = with_ray()
    assert (code, len(ray.order)) == (0, 4)


def test_the_record_of_an_earlier_recipe_is_no_success(with_ray, monkeypatch, capsys):
    assert with_ray("--only", "plain")[0] == 0
    Path("experiments/tables/ours.yaml").write_text("trainer: {max_steps: 6}\n")
    start_nothing = types.SimpleNamespace(run=lambda command, cwd, check: None)
    monkeypatch.setattr(ray_launcher, "subprocess", start_nothing)
    assert with_ray("--only", "plain")[0] == 1
    assert "2 of 2 runs failed: plain.simclr-s0, plain.joint-s0" in capsys.readouterr().err


def test_without_ray_one_sentence_says_what_to_install(with_ray, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(LedgerError, match=r"pip install 'lightning_sepcl\[ray\]'"):
        run(["tones", "--launcher", "ray"], FAKE)
