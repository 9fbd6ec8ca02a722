"""The wheel that is built from the sdist has all that running without the repository takes, and runs without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
FOLDERS = ("lightning_sepcl", "data_sim", "experiments")
SDIST = "from setuptools.build_meta import build_sdist; build_sdist('dist')"
OFFLINE = ("--no-deps", "--no-index", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """Unpacked; built from a copy, so that nothing is left in the checkout, without a network."""
    pytest.importorskip("setuptools")
    pytest.importorskip("pip")
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        shutil.copy(ROOT / name, source / name)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    call(sys.executable, "-c", SDIST, cwd=source)
    (packed,) = (source / "dist").glob("*.tar.gz")
    with tarfile.open(packed) as tar:
        tar.extractall(source / "unpacked", filter="data")
    (unpacked,) = (source / "unpacked").iterdir()
    return unpacked


@pytest.fixture(scope="module")
def wheel(sdist):
    """Built from the sdist, as installers do that find no wheel."""
    call(sys.executable, "-m", "pip", "wheel", "--no-build-isolation", *OFFLINE, "-w", "dist", ".", cwd=sdist)
    (built,) = (sdist / "dist").glob("*.whl")
    return built


def call(*words, cwd, **environment):
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(words, cwd=cwd, env=clean | environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def files(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc"}


def test_the_sdist_holds_what_the_wheel_is_built_from(sdist):
    expected = {*SOURCES} | {f"{name}/{file}" for name in FOLDERS for file in files(ROOT / name)}
    assert expected <= files(sdist), sorted(expected - files(sdist))


def test_the_wheel_holds_every_module_every_experiment_and_all_data(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"lightning_sepcl/_experiments/{name}" for name in files(ROOT / "experiments")}
    for package in ("lightning_sepcl", "data_sim"):
        expected |= {f"{package}/{name}" for name in files(ROOT / package)}
    assert expected <= held, sorted(expected - held)
    others = {name for name in held - expected if ".dist-info/" not in name}
    assert not others, others


@pytest.fixture(scope="module")
def sepcl(wheel, tmp_path_factory):
    """Runs the installed command in an empty folder, with the packages of this environment but not the repository."""
    home = tmp_path_factory.mktemp("installed")
    call(sys.executable, "-m", "venv", "--without-pip", "env", cwd=home)
    python = home / "env/bin/python"
    call(sys.executable, "-m", "pip", "--python", str(python), "install", *OFFLINE, str(wheel), cwd=home)
    (packages,) = home.glob("env/lib/python3*/site-packages")
    # a plain path: the .pth files of the folders it names, such as that of an editable install, are not read
    paths = [p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]
    (packages / "environment.pth").write_text("\n".join(paths) + "\n")
    where = "import lightning_sepcl; print(lightning_sepcl.__file__)"
    assert str(packages) in call(str(python), "-c", where, cwd=home)
    folder = home / "empty"
    folder.mkdir()

    def run(line, cwd=folder, **environment):
        return call(str(home / "env/bin/sepcl"), *line.split(), cwd=cwd, **{"OMP_NUM_THREADS": "1"} | environment)

    return run, folder


@pytest.mark.slow
def test_it_runs_in_an_empty_folder_without_the_repository(sepcl):
    run, folder = sepcl
    assert "reproduce" in run("--help")
    assert "SpecAugment" in run("plugins")
    assert "Table 4" in run("reproduce")
    lines = run("reproduce scenes/table4 --dry-run --seeds 1").splitlines()
    assert any(line.startswith("sepcl fit --config experiments/scenes/joint.yaml") for line in lines)
    assert "sepcl fit --config experiments/esc50/simclr.yaml" in run(
        "sweep experiments/sweeps/esc50_simclr.yaml --dry-run"
    )
    small = "--trainer.max_steps 2 --data.train 64 --data.val 16 --data.test 16 --data.seconds 2.0 --threads 1"
    told = run(f"demo --trainer.check_val_every_n_epoch 1 {small}")
    assert "open runs/demo/report.html in a browser" in told
    assert (folder / "runs/demo/report.html").is_file()
    assert not (folder / "experiments").exists()


@pytest.mark.slow
def test_the_folder_to_start_from_works(sepcl):
    run, folder = sepcl
    run("init mine")
    mine = folder / "mine"
    assert files(ROOT / "experiments") == files(mine / "experiments")
    assert "slowest_hz" in run("plugins Tremolo --path my_plugin.py", cwd=mine)
    small = "--trainer.max_steps 2 --data.train 64 --data.val 16 --data.test 16 --data.seconds 2.0 --threads 1"
    run(f"fit --config my_experiment.yaml {small}", cwd=mine)
    assert "Tremolo" in (mine / "runs/my_experiment/config.yaml").read_text()
