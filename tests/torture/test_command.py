"""Campaigns of other code have other folders."""

from __future__ import annotations

import subprocess

import pytest

from lightning_sepcl.torture import command


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A checkout with one file of code."""
    (tmp_path / "code.py").write_text("a = 1\n")
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init"], ["add", "."], ["commit", "-m", "first"]):
        subprocess.run(["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.setattr(command, "PACKAGE", tmp_path)
    return tmp_path


def name(dirty=True):
    return command._name({"commit": "0123456789abcdef", "dirty": dirty}, 3)


def test_every_state_of_the_code_has_a_folder_of_its_own(package):
    assert name(dirty=False) == "0123456789ab-seed3"
    (package / "code.py").write_text("a = 2\n")
    first = name()
    assert first.startswith("0123456789ab-changed-")
    assert first == name()
    (package / "code.py").write_text("a = 3\n")
    second = name()
    (package / "new.py").write_text("b = 1\n")
    third = name()
    (package / "new.py").write_text("b = 2\n")
    assert len({first, second, third, name()}) == 4
