from __future__ import annotations

import subprocess

import torch

from lightning_sepcl.ledger.environment import capture_environment, commit_of


def git(folder, *args):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(
        ["git", *identity, *args], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_commit_and_uncommitted_changes_of_a_checkout(tmp_path):
    (tmp_path / "package").mkdir()
    source = tmp_path / "package" / "code.py"
    source.write_text("a = 1\n")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert commit_of(tmp_path / "package") == (head, False)
    (tmp_path / "page.md").write_text("written beside the code")
    assert commit_of(tmp_path / "package") == (head, False)
    source.write_text("a = 2\n")
    assert commit_of(tmp_path / "package") == (head, True)


def test_code_that_no_checkout_tracks_has_no_commit(tmp_path):
    assert commit_of(tmp_path) == ("unknown", False)
    git(tmp_path, "init")
    (tmp_path / "main.py").write_text("")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "someone else's project")
    installed = tmp_path / ".venv" / "package"
    installed.mkdir(parents=True)
    (installed / "code.py").write_text("")
    assert commit_of(installed) == ("unknown", False)


def test_no_git_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_of(tmp_path) == ("unknown", False)


def test_environment_names_machine_and_versions(tmp_path):
    found = capture_environment(tmp_path)
    assert found["commit"] == "unknown"
    assert found["versions"]["torch"] == torch.__version__
    assert found["versions"].keys() == {"python", "torch", "lightning", "lightning_sepcl"}
    assert found["hardware"].cores >= 1
    assert found["hardware"].threads == torch.get_num_threads()
    assert found["hardware"].cpu
