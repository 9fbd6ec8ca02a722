from __future__ import annotations

import os

import pytest
import torch

from tests.fakes.esc import write_esc

PACKS = os.environ.get("SEPCL_DATA", "")
"""Folder of real audio, read before `one_thread_and_own_cache` hides it from the tests that use fakes."""


@pytest.fixture(autouse=True)
def one_thread_and_own_cache(tmp_path, monkeypatch):
    torch.set_num_threads(1)
    monkeypatch.setenv("SEPCL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SEPCL_DATA", raising=False)


@pytest.fixture
def esc_root(tmp_path):
    return write_esc(tmp_path / "ESC-50")


@pytest.fixture(scope="session")
def packs_of_audio():
    return PACKS
