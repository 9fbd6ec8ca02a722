"""Where an experiment runs: every overlay through the real command line, and two CPU processes from end to end."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from lightning_sepcl.cli.main import main
from tests.processes import environment

ROOT = Path(__file__).parents[2]
SCALES = ROOT / "experiments/scales"
MACHINES = {"gpu": (1, 1, "gpu"), "gpus8": (8, 1, "gpu"), "slurm": (8, 4, "gpu"), "cpus2": (2, 1, "cpu")}
PAPERS = {  # experiment, overlay -> clips in a step, as the paper has them
    ("scenes/joint.yaml", "scenes/scales/gpu.yaml"): 2048,
    ("scenes/joint.yaml", "scenes/scales/gpus8.yaml"): 2048,
    ("scenes/simclr.yaml", "scenes/scales/slurm.yaml"): 2048,
    ("scenes/simclr.yaml", "scenes/scales/paper.yaml"): 2048,
    ("clar/simclr.yaml", "clar/scales/gpus8.yaml"): 1024,
    ("clar/clar.yaml", "clar/scales/paper.yaml"): 1024,
    ("mc_simclr/pretrain.yaml", "mc_simclr/scales/gpus8.yaml"): 512,
    ("mc_simclr/pretrain.yaml", "mc_simclr/scales/paper.yaml"): 512,
}


def resolved(capsys, *files):
    words = [word for file in files for word in ("--config", str(file))]
    assert main(["fit", *words, "--print_config"]) == 0
    return yaml.safe_load(capsys.readouterr().out)


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_is_one_more_file(name, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    devices, nodes, accelerator = MACHINES[name]
    config = resolved(capsys, "experiments/esc50/simclr.yaml", SCALES / f"{name}.yaml")
    trainer = config["trainer"]
    assert (trainer["devices"], trainer["num_nodes"], trainer["accelerator"]) == (devices, nodes, accelerator)
    assert trainer["use_distributed_sampler"] is False
    if devices > 1:
        assert trainer["strategy"] == "ddp"
        assert trainer["sync_batchnorm"] == (accelerator == "gpu")
    if accelerator == "gpu":
        assert trainer["precision"] == "bf16-mixed"
        assert config["data"]["init_args"]["num_workers"] == 8
    else:
        (callback,) = trainer["callbacks"]
        assert callback["class_path"].endswith(".GlobalBatchNorms")


@pytest.mark.parametrize(("experiment", "machine"), PAPERS)
def test_the_papers_batch(experiment, machine, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    config = resolved(capsys, ROOT / "experiments" / experiment, ROOT / "experiments" / machine)
    trainer, objective = config["trainer"], config["model"]["init_args"].get("objective")
    processes = trainer["devices"] * trainer["num_nodes"]
    step = config["data"]["init_args"]["batch_size"] * processes * trainer["accumulate_grad_batches"]
    assert step == PAPERS[experiment, machine]
    if processes > 1 and not experiment.startswith("scenes"):
        assert objective["init_args"]["negatives"] == "gathered"
        assert trainer["sync_batchnorm"] is True


def command(page, begins):
    """The command of docs/scale.md that begins so."""
    lines = [line for block in re.findall(r"```bash\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    (found,) = [line for line in lines if line.startswith(begins)]
    return shlex.split(found)


def tiny(words, folder):
    """The same words with an experiment that takes seconds; the machine's files stay, here with two CPU processes."""
    swapped = {"runs/two": str(folder / "run"), "runs/joint": str(folder / "run")}
    small = str(ROOT / "tests/e2e/tiny.yaml")
    experiments = ("experiments/demo.yaml", "experiments/scenes/joint.yaml")
    words = [small if word in experiments else swapped.get(word, word) for word in words]
    return [*words, *("--data.cache_dir", str(folder / "cache")), "--threads", "1", "--data.batch_size", "2"]


def started(words, folder, **more):
    """Run it with this Python's programs first on the path; what it said."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name, module in {"sepcl": "lightning_sepcl.cli.main", "torchrun": "torch.distributed.run"}.items():
        (programs / name).write_text(f'#!/bin/bash\nexec {sys.executable} -m {module} "$@"\n')
        (programs / name).chmod(0o755)
    env = environment() | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"} | more
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def trained(folder):
    state = torch.load(folder / "run/checkpoints/last.ckpt", weights_only=True, map_location="cpu")
    assert state["global_step"] == 18  # 24 clips, 4 in a step, three epochs
    return state["state_dict"]


@pytest.mark.slow
def test_two_processes_by_torchrun_and_by_lightning(tmp_path):
    """The commands of the page: the same weights either way, and a test that shares the clips."""
    page = (ROOT / "docs/scale.md").read_text()
    weights = []
    for begins in ("torchrun --nproc-per-node 2", "sepcl fit --config experiments/demo.yaml"):
        folder = tmp_path / str(len(weights))
        folder.mkdir()
        started(tiny(command(page, begins), folder), folder)
        weights.append(trained(folder))
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    results = folder / "run/results.json"
    started(["sepcl", "test", "--run", str(folder / "run")], folder)
    together = results.read_text()
    started(["sepcl", "test", "--run", str(folder / "run"), "--trainer.devices", "1"], folder)
    assert results.read_text() == together


@pytest.mark.slow
def test_the_slurm_script_with_a_stand_in_for_srun(tmp_path):
    """Slurm's variables are set by hand; the machine's file is followed by one that a laptop has."""
    script = SCALES / "slurm.sbatch"
    subprocess.run(["bash", "-n", str(script)], check=True)
    asked = dict(re.findall(r"#SBATCH --([a-z-]+)=(\S+)", script.read_text()))
    trainer = yaml.safe_load((SCALES / "gpus8.yaml").read_text())["trainer"]
    assert int(asked["ntasks-per-node"]) == int(asked["gpus-per-node"]) == trainer["devices"]
    assert int(asked["nodes"]) == yaml.safe_load((SCALES / "slurm.yaml").read_text())["trainer"]["num_nodes"]

    sbatch, file, *words = command((ROOT / "docs/scale.md").read_text(), "sbatch ")
    assert (sbatch, ROOT / file) == ("sbatch", script)
    here = {"experiments/scenes/scales/slurm.yaml": "experiments/scales/cpus2.yaml"}
    words = tiny([here.get(word, word) for word in words], tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/srun").write_text(
        "#!/bin/bash\n"
        'SLURM_PROCID=1 SLURM_LOCALID=1 "$@" & other=$!\n'
        'SLURM_PROCID=0 SLURM_LOCALID=0 "$@"; mine=$?\n'
        "wait $other && exit $mine\n"
    )
    (tmp_path / "bin/srun").chmod(0o755)
    slurm = {"NTASKS": "2", "NTASKS_PER_NODE": "2", "NODEID": "0", "JOB_ID": "4242", "JOB_NAME": "sepcl"}
    more = {f"SLURM_{name}": value for name, value in slurm.items()}
    started(["bash", str(script), *words], tmp_path, SLURM_NODELIST="localhost", SLURM_NNODES="1", **more)
    trained(tmp_path)
    said = started(["bash", str(script), *words], tmp_path, SLURM_NODELIST="localhost", SLURM_NNODES="1", **more)
    assert "continuing from" in said
