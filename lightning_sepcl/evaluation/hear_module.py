"""Somebody else's model, judged like ours: any Python module with the interface of HEAR 2021."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor

from lightning_sepcl.audio.resample import resample
from lightning_sepcl.errors import UserError
from lightning_sepcl.evaluation.baselines import Baseline, agreed_rate


class HearModule(Baseline):
    """Scene embeddings of a module that offers `load_model` and `get_scene_embeddings`, on PyTorch tensors.

    It hears the first microphone of each clip, without the padding of the batch. The module is imported and its model
    loaded with the first clips, on the device they are on.

    Args:
        module: where Python imports it from, such as `hearbaseline.wav2vec2`; for a file of your own list it under
            `plugins` and give its name without `.py`.
        weights: file that its `load_model` is given; empty: it is called without.
        sample_rate: of the clips, in Hz; null: that of the data, which `prepare` tells. They are resampled if the model
            wants another.
        name: of the representation in tables; null: `module`.
        batch_size: most sounds at once.

    Source: Turian et al. 2022, "HEAR: Holistic Evaluation of Audio Representations", and its common API.
    """

    def __init__(
        self,
        module: str,
        weights: str = "",
        sample_rate: int | None = None,
        name: str | None = None,
        batch_size: int = 32,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise ValueError(f"HearModule: batch_size must be at least 1, found {batch_size}")
        self.module_path, self.weights, self.sample_rate = module, weights, sample_rate
        self.name, self.batch_size = name or module, batch_size
        self.model: Any = None
        self._hear: Any = None

    def prepare(self, sample_rate: int) -> None:
        """Take note of the clips' sample rate.

        Raises:
            ValueError: another one was told.
        """
        self.sample_rate = agreed_rate(self, self.sample_rate, sample_rate)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def forward(self, wave: Float[Tensor, "n mic sample"], length: Int[Tensor, " n"]) -> dict[str, Tensor]:
        """One representation, (n, dim), under the name of the module.

        Raises:
            UserError: the module cannot be imported, lacks a function, or does not do what it should.
            ValueError: nobody told the clips' sample rate.
        """
        if self.sample_rate is None:
            raise ValueError("HearModule: give it the sample_rate of the clips, or call `prepare` first")
        if self.model is None:
            with torch.inference_mode(False):  # out of Lightning's: a model may need gradients while it is loaded
                self._load(wave.device)
        rows: list[Tensor] = []
        places: list[Tensor] = []
        for samples in sorted(set(length.tolist())):  # the interface knows no lengths: equal ones go together
            for place in (length == samples).nonzero()[:, 0].split(self.batch_size):
                rows.append(self._embedded(wave[place, 0, : max(samples, 1)].float()))
                places.append(place)
        return {self.name: torch.cat(rows)[torch.cat(places).argsort()]}

    def _load(self, device: torch.device) -> None:
        self._hear = _imported(self.module_path)
        try:
            model = self._hear.load_model(self.weights) if self.weights else self._hear.load_model()
        except Exception as error:  # somebody else's code: it may raise anything
            raise UserError(f"{self.module_path}.load_model({self.weights!r}) failed: {_told(error)}") from error
        for attribute in ("sample_rate", "scene_embedding_size"):
            if not hasattr(model, attribute):
                raise UserError(f"the model of {self.module_path} has no attribute {attribute}, which HEAR asks for")
        self.model = model.to(device).eval() if isinstance(model, torch.nn.Module) else model

    def _embedded(self, wave: Float[Tensor, "n sample"]) -> Float32[Tensor, "n dim"]:
        """Clips of one length, at the model's rate and checked."""
        rate, own = int(self.model.sample_rate), self.sample_rate
        if own is not None and rate != own:
            there = [resample(row, own, rate) for row in wave.cpu().numpy()]
            wave = torch.from_numpy(np.stack(there)).to(wave.device)
        try:
            h = self._hear.get_scene_embeddings(wave, self.model)
        except Exception as error:  # as above
            shape = tuple(wave.shape)
            raise UserError(f"{self.module_path}.get_scene_embeddings failed on {shape}: {_told(error)}") from error
        expected = (len(wave), int(self.model.scene_embedding_size))
        if not isinstance(h, Tensor) or tuple(h.shape) != expected:
            found = tuple(h.shape) if isinstance(h, Tensor) else type(h).__name__
            raise UserError(f"{self.module_path}.get_scene_embeddings should give a tensor {expected}, gave {found}")
        return h.float()


def _imported(path: str) -> ModuleType:
    try:
        module = importlib.import_module(path)
    except Exception as error:  # as above
        raise UserError(
            f"HearModule: {path} cannot be imported ({_told(error)}): install it, or list its file under `plugins`"
        ) from error
    for function in ("load_model", "get_scene_embeddings"):
        if not callable(getattr(module, function, None)):
            raise UserError(f"HearModule: {path} has no function {function}, so it is no module for HEAR")
    return module


def _told(error: Exception) -> str:
    """An exception in a line."""
    text = " ".join(str(error).split())
    return text if isinstance(error, UserError) else f"{type(error).__name__}: {text}"
