"""Models on the Hugging Face hub: only safetensors and JSON are ever taken from there, nothing that could run."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning_sepcl import __version__
from lightning_sepcl.deploy.product import CONFIG, WEIGHTS
from lightning_sepcl.errors import UserError

MODEL_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
"""user/name."""


def is_model_id(text: str) -> bool:
    """Whether a text looks like the name of a model on the hub.

    >>> is_model_id("user/name"), is_model_id("runs/demo/checkpoints"), is_model_id("name")
    (True, False, False)
    """
    return MODEL_ID.fullmatch(text) is not None


def pull(model_id: str, revision: str | None = None) -> Path:
    """The folder of a model of the hub, downloaded once and kept in the hub's own cache.

    Args:
        model_id: user/name.
        revision: commit, tag or branch; None: the newest of its main branch.

    Raises:
        UserError: huggingface_hub is missing, there is no such model or revision, no connection, or no model that
            this suite exported.
    """
    hub = _hub()
    try:
        folder = hub.snapshot_download(
            model_id,
            revision=revision,
            allow_patterns=[CONFIG, WEIGHTS],
            library_name="lightning_sepcl",
            library_version=__version__,
        )
    except Exception as error:  # its kinds of errors change from release to release
        at = f" at revision {revision}" if revision else ""
        raise UserError(
            f"no file or folder {model_id} here, and from the Hugging Face hub {model_id}{at} cannot be had: "
            f"{_first_line(error)}"
        ) from error
    missing = [name for name in (CONFIG, WEIGHTS) if not (Path(folder) / name).is_file()]
    if missing:
        raise UserError(f"{model_id} on the hub has no {missing[0]}: it was not exported by `sepcl export`")
    return Path(folder)


def push(folder: Path, model_id: str, files: Sequence[str], private: bool = False) -> str:
    """Upload files of a folder as one commit, to a model that is made if there is none; the commit's name.

    Who may do so is what `hf auth login` or the variable HF_TOKEN says.

    Raises:
        UserError: huggingface_hub is missing, or the hub refuses.
    """
    api = _hub().HfApi(library_name="lightning_sepcl", library_version=__version__)
    try:
        api.create_repo(model_id, repo_type="model", private=private, exist_ok=True)
        done = api.upload_folder(
            repo_id=model_id,
            repo_type="model",
            folder_path=folder,
            allow_patterns=list(files),
            commit_message=f"Exported by lightning_sepcl {__version__}",
        )
    except Exception as error:
        raise UserError(
            f"{model_id} was not uploaded: {_first_line(error)}; log in by `hf auth login`, or set HF_TOKEN"
        ) from error
    return str(done.oid)


def refuse_unusable(model_id: str) -> None:
    """Tell, before any work, that a push cannot succeed.

    Raises:
        UserError: huggingface_hub is missing, or that is no name of a model.
    """
    if not is_model_id(model_id):
        raise UserError(f"--push {model_id}: a model on the hub is named user/name")
    _hub()


def _hub() -> Any:
    try:
        return importlib.import_module("huggingface_hub")
    except ImportError:
        raise UserError("models of the Hugging Face hub need an extra: pip install 'lightning_sepcl[hub]'") from None


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
