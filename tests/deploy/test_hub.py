"""Push and pull against a hub in a folder; calls are checked against the real library's signatures."""

from __future__ import annotations

import inspect
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import lightning_sepcl
from lightning_sepcl.deploy import hub
from lightning_sepcl.deploy.product import CONFIG, WEIGHTS, write_product
from lightning_sepcl.errors import UserError

real = pytest.importorskip("huggingface_hub")


class Fake:
    """A hub that keeps every commit of every model as a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pulled = folder, []

    def snapshot_download(self, *args, **options):
        bound = inspect.signature(real.snapshot_download).bind(*args, **options).arguments
        model = self.folder / bound["repo_id"]
        if not model.is_dir():
            raise FileNotFoundError(f"401 Client Error.\n\nRepository Not Found for {bound['repo_id']}")
        commits = sorted(model.iterdir())
        at = model / (bound.get("revision") or commits[-1].name)
        self.pulled.append((bound["repo_id"], bound.get("revision"), bound["allow_patterns"]))
        kept = self.folder / "cache"
        kept.mkdir(exist_ok=True)
        for file in at.iterdir():
            if file.name in bound["allow_patterns"]:
                shutil.copy(file, kept)
        return str(kept)

    def HfApi(self, **options):
        inspect.signature(real.HfApi).bind(**options)
        return SimpleNamespace(create_repo=self.create_repo, upload_folder=self.upload_folder)

    def create_repo(self, *args, **options):
        bound = inspect.signature(real.HfApi.create_repo).bind(None, *args, **options).arguments
        assert bound["exist_ok"]
        (self.folder / bound["repo_id"]).mkdir(parents=True, exist_ok=True)

    def upload_folder(self, **options):
        bound = inspect.signature(real.HfApi.upload_folder).bind(None, **options).arguments
        model = self.folder / bound["repo_id"]
        commit = model / f"commit{len(list(model.iterdir()))}"
        commit.mkdir()
        for file in Path(bound["folder_path"]).iterdir():
            if file.name in bound["allow_patterns"]:
                shutil.copy(file, commit)
        return SimpleNamespace(oid=commit.name)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    found = Fake(tmp_path / "hub")
    found.folder.mkdir()
    monkeypatch.setattr(hub, "_hub", lambda: found)
    monkeypatch.chdir(tmp_path)
    return found


def product(folder, checkpoint, change=0.0):
    model = lightning_sepcl.load(checkpoint)
    with torch.no_grad():
        model.encoder.embedding.bias.add_(change)
    write_product(folder, model)
    (folder / "model.pt").write_bytes(b"something that could run")
    return model


def test_what_was_pushed_is_loaded_also_at_a_revision(fake, tmp_path, checkpoint):
    first = product(tmp_path / "a", checkpoint)
    commit = hub.push(tmp_path / "a", "user/name", [CONFIG, WEIGHTS, "model.pt"])
    second = product(tmp_path / "b", checkpoint, change=1.0)
    hub.push(tmp_path / "b", "user/name", [CONFIG, WEIGHTS])
    wave = 0.1 * torch.randn(1, 16000)
    assert torch.equal(lightning_sepcl.load("user/name")(wave), second(wave))
    assert torch.equal(lightning_sepcl.load("user/name", revision=commit)(wave), first(wave))
    assert fake.pulled == [("user/name", None, [CONFIG, WEIGHTS]), ("user/name", commit, [CONFIG, WEIGHTS])]
    assert {file.name for file in (fake.folder / "cache").iterdir()} == {CONFIG, WEIGHTS}
    assert (fake.folder / "user/name" / commit / "model.pt").is_file()


def test_a_folder_of_that_name_comes_first(fake, tmp_path, checkpoint):
    product(tmp_path / "user" / "name", checkpoint)
    lightning_sepcl.load("user/name")
    assert fake.pulled == []


def test_what_comes_from_the_net_is_never_unpickled(fake, checkpoint, monkeypatch):
    """A model of the hub without the two files is refused, though a checkpoint lies there; nothing is unpickled."""
    monkeypatch.setattr(torch, "load", lambda *args, **options: pytest.fail("unpickled"))
    commit = fake.folder / "user/name/commit0"
    commit.mkdir(parents=True)
    shutil.copy(checkpoint, commit / "best.ckpt")
    shutil.copy(checkpoint, commit / "pytorch_model.bin")
    with pytest.raises(UserError, match=r"user/name on the hub has no config\.json: it was not exported"):
        lightning_sepcl.load("user/name")
    (commit / CONFIG).write_text('{"format": 1, "kind": "encoder", "description": {}}')
    shutil.copy(checkpoint, commit / WEIGHTS)  # a pickle under another name
    with pytest.raises(UserError, match="is no safetensors file"):
        lightning_sepcl.load("user/name")


def test_what_goes_wrong_is_told_in_a_line(fake, monkeypatch):
    with pytest.raises(UserError, match=r"no file or folder user/nothing here, .* FileNotFoundError: 401 Client Error"):
        lightning_sepcl.load("user/nothing")
    with pytest.raises(UserError, match="at revision v1 cannot be had"):
        lightning_sepcl.load("user/nothing", revision="v1")
    with pytest.raises(UserError, match="is named user/name"):
        hub.refuse_unusable("name")

    def refuse(*args, **options):
        raise OSError("403 Forbidden\nlong")

    monkeypatch.setattr(fake, "create_repo", refuse)
    with pytest.raises(UserError, match="was not uploaded: OSError: 403 Forbidden; log in by `hf auth login`"):
        hub.push(Path("."), "user/name", [])


def test_a_missing_package_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UserError, match=r"pip install 'lightning_sepcl\[hub\]'"):
        lightning_sepcl.load("user/name")


def test_the_library_here_has_the_functions_that_are_called():
    assert hub._hub() is real
    for name in ("snapshot_download", "HfApi"):
        assert callable(getattr(real, name))
    assert "oid" in real.CommitInfo.__annotations__
