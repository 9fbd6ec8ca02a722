import os
import re
import subprocess

import pytest

from data_sim.command_line import main
from data_sim.corpus import rendering
from data_sim.corpus.rendering import render
from data_sim.corpus.shard import MANIFEST, read_table, write_shard
from data_sim.corpus.slurm import submit
from lightning_sepcl.errors import FAILED, UserError


@pytest.fixture
def config(tmp_path, small, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rules = 'engine = "fast"\nsample_rate = 8000\nscenes = 7\nshard_scenes = 3\n[room]\nrt60_s = [0.15, 0.3]\n'
    (tmp_path / "rooms.toml").write_text(f'recordings = "sounds"\n{rules}')
    return tmp_path / "rooms.toml"


def test_the_tasks_of_the_array_write_the_corpus(config, small, tmp_path, capsys, monkeypatch):
    words = ["render", "--config", "rooms.toml", "--out", "corpus", "--launcher", "slurm", "--tasks", "2"]
    assert main([*words, "--sbatch=--partition=cpu --time=00:10:00"]) == 0
    script = tmp_path / "corpus-slurm" / "render.sbatch"
    assert capsys.readouterr().out == f"sbatch {script}\n"
    text = script.read_text()
    asked = re.findall(r"#SBATCH (.*)", text)
    assert {"--array=1-2", "--cpus-per-task=1", "--partition=cpu", "--time=00:10:00"} <= set(asked)
    # As Slurm does, with our command line in this process: another takes seconds to begin.
    stand_in = tmp_path / "python"
    stand_in.write_text(f'#!/bin/bash\necho "$@" >> {tmp_path}/called\n')
    stand_in.chmod(0o755)
    script.write_text(re.sub(r"exec \S+", f"exec {stand_in}", text))
    for task in ("1", "2"):
        subprocess.run(["bash", script], check=True, env={**os.environ, "SLURM_ARRAY_TASK_ID": task})
    calls = (tmp_path / "called").read_text().splitlines()
    assert [call.split()[-2:] for call in calls] == [["--share", "1/2"], ["--share", "2/2"]]

    def write(plan, shards, processes):
        for shard in shards:
            write_shard(plan, shard)

    monkeypatch.setattr(rendering, "_write", write)
    for call in calls:
        assert main(call.split()[2:]) == 0
    render(small, tmp_path / "here")
    one, other = ([row["sha256"] for row in read_table(tmp_path / name / MANIFEST)] for name in ("corpus", "here"))
    assert one == other
    assert len(set(one)) == 7


def test_without_slurm_it_is_told(config, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("shutil.which", lambda name: None)
    words = ["render", "--config", "rooms.toml", "--out", "corpus", "--launcher", "slurm", "--submit"]
    assert main(words) == FAILED
    assert "no sbatch on this machine: run `sbatch " in capsys.readouterr().err


@pytest.mark.parametrize(("status", "says"), [(0, "4711"), (1, "")])
def test_handing_over(tmp_path, monkeypatch, status, says):
    sbatch = tmp_path / "bin" / "sbatch"
    sbatch.parent.mkdir()
    sbatch.write_text(f'#!/bin/bash\necho "{says}"\necho no such partition >&2\nexit {status}\n')
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", f"{sbatch.parent}:{os.environ['PATH']}")
    if status:
        with pytest.raises(UserError, match=r"Slurm refuses .*no such partition"):
            submit(tmp_path / "render.sbatch")
    else:
        assert submit(tmp_path / "render.sbatch") == "4711"
