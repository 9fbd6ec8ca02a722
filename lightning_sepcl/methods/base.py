"""What every method that learns embeddings shares: a front end, an encoder, and embeddings for evaluation."""

from __future__ import annotations

from typing import Any, cast

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.encoders.readout import PooledEmbedding, Readout
from lightning_sepcl.encoders.windows import embed_in_windows
from lightning_sepcl.errors import UserError
from lightning_sepcl.features import fingerprint
from lightning_sepcl.features.frame_centre import frame_centre_seconds
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.methods.learner import Learner, OptimizerFactory
from lightning_sepcl.optim.warmup_cosine import Schedule
from lightning_sepcl.records import Batch
from lightning_sepcl.separation.processors import SeparatedBefore


class Method(Learner):
    """Base class of the methods: extend it, build heads in `__init__` and say the idea in `loss`.

    Args:
        front: clips -> views as features.
        encoder: features -> embedding h.
        optimizer: what the encoder and the heads are trained with.
        schedule: how the learning rate moves over the run.
        readouts: name -> what of the encoder is evaluated; `embedding` is h itself.
        window_frames: evaluate clips in stretches of so many feature frames, side by side, and average the
            L2-normalised embeddings; what is left at a clip's end is not heard. null: the whole clip at once.
        channels_last: memory layout of the encoder's maps; faster on CPUs with bf16 and on GPUs.
        sample_rate: Hz; the data module's.
        class_names: the data module's.
        multi_label: the data module's: whether a clip can have several classes.
        seed: of the whole run.
    """

    def __init__(
        self,
        front: FrontEnd,
        encoder: Encoder,
        optimizer: OptimizerFactory = lambda p: torch.optim.Adam(p, lr=3e-4),
        schedule: Schedule | None = None,
        readouts: dict[str, Readout] | None = None,
        window_frames: int | None = None,
        channels_last: bool = False,
        sample_rate: int = 16000,
        class_names: tuple[str, ...] = (),
        multi_label: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(optimizer, schedule, sample_rate, class_names, multi_label, seed)
        self.front, self.encoder = front, encoder
        self.readouts = readouts or {"embedding": PooledEmbedding()}
        self.window_frames, self.channels_last = window_frames, channels_last
        front.prepare(sample_rate)
        if front.features.channels != encoder.channels:
            raise ValueError(
                f"{type(front.features).__name__} makes {front.features.channels} feature channel(s), "
                f"{type(encoder).__name__} expects {encoder.channels}: set the encoder's `channels`"
            )
        if channels_last:
            encoder.to(memory_format=torch.channels_last)

    def encode(
        self, features: Float[Tensor, "batch view channel freq frame"]
    ) -> Float[Tensor, "batch view {self.encoder.dim}"]:
        """h of every view in float32; the one place where the view axis is folded into the batch."""
        h = self.encoder(self._laid_out(features.flatten(0, 1)))
        return cast(Tensor, h.float().reshape(*features.shape[:2], -1))

    def embed(
        self, wave: Float[Tensor, "clip mic sample"], length: Int64[Tensor, " clip"]
    ) -> dict[str, Float[Tensor, "clip _"]]:
        """What evaluation judges: every readout of whole clips, without augmentation.

        Args:
            wave: full scale 1.
            length: samples of each clip that are real.
        """
        rows: dict[str, list[Tensor]] = {name: [] for name in self.readouts}
        order = []
        length = length.clamp(min=self._least_samples())  # shorter clips are padded to it: they go together
        for samples in sorted(set(length.tolist())):
            same = (length == samples).nonzero()[:, 0]
            order.append(same)
            for name, h in self._embed_equal(wave[same, :, :samples]).items():
                rows[name].append(h)
        back = torch.cat(order).argsort()
        return {name: torch.cat(h)[back] for name, h in rows.items()}

    @property
    def frame_rate(self) -> float:
        """Frame embeddings per second."""
        return self.front.features.frame_rate / self.encoder.time_stride

    def frame_centre_seconds(self, microphones: int = 1) -> float:
        """From the beginning of a wave to the middle of what its first frame embedding hears; measured, so ask once."""
        front = self.front
        return frame_centre_seconds(front.features, front.features_of, self.encoder, self.sample_rate, microphones)

    def embed_frames(self, wave: Float[Tensor, "clip mic sample"]) -> Float[Tensor, "clip {self.encoder.dim} frame"]:
        """Frame embeddings in float32, `frame_rate` a second; waves shorter than a training crop are padded with zeros.

        Args:
            wave: full scale 1, all of it real.
        """
        wave = torch.nn.functional.pad(wave, (0, max(0, self.front.views.crop_samples - wave.shape[-1])))
        frames = self.encoder.frames(self.encoder.blocks(self._laid_out(self.front.features_of(wave))))
        return frames.float()

    def _embed_equal(self, wave: Tensor) -> dict[str, Tensor]:
        """Readouts of clips that all have the same length."""
        least = self._least_samples()
        return embed_in_windows(wave, None if self.window_frames is None else least, least, self._rows)

    def _rows(self, wave: Tensor) -> dict[str, Tensor]:
        """Every readout of each wave, whole."""
        x = self._laid_out(self.front.features_of(wave))
        blocks = self.encoder.blocks(x)
        return {name: readout(self.encoder, x, blocks) for name, readout in self.readouts.items()}

    def _least_samples(self) -> int:
        """Samples of a window; an encoder may not take less than it was trained on."""
        window = 0 if self.window_frames is None else self.front.features.num_samples(self.window_frames)
        return max(1, window, self.front.views.crop_samples)

    def _laid_out(self, x: Tensor) -> Tensor:
        return x.contiguous(memory_format=torch.channels_last) if self.channels_last else x

    def on_fit_start(self) -> None:
        """Find the statistics of the features, unless the checkpoint brought them.

        Raises:
            UserError: the data read the channels of another number of processors than the front end draws from.
        """
        data = cast(Any, self.trainer).datamodule
        self._refuse_folders(getattr(data, "separated_folders", None))
        if self.front.needs_statistics():
            self.front.fit_statistics(data.statistics_dataloader())

    def _refuse_folders(self, folders: tuple[str, ...] | None) -> None:
        """Without this, isolated sources would pass for channels, or two processors for one with more channels."""
        separate = self.front.separate
        if isinstance(separate, SeparatedBefore) and folders is not None and len(folders) != separate.count:
            raise UserError(
                f"data.separated names {len(folders)} folder(s), model.front.separate.processors is {separate.count}: "
                "name in data.separated one folder of `sepcl separate-dataset` per processor, and set processors to "
                "their number"
            )

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Write down which front end the weights belong to."""
        front = self.front
        fingerprint.sign(checkpoint, front.features, self.sample_rate, front.standardise is not None)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse the weights of another front end: they, and the features' statistics, mean nothing behind this one."""
        front = self.front
        standardised = front.standardise is not None
        fingerprint.refuse_another(checkpoint, front.features, self.sample_rate, standardised, "front.features.")

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """Embeddings of a batch, for the evaluation callback."""
        return self.predict_step(batch, batch_idx, dataloader_idx)

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """Embeddings of a batch, for the evaluation callback."""
        return self.predict_step(batch, batch_idx, dataloader_idx)

    def predict_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """Embeddings of the clips as recorded."""
        return self.embed(to_float(batch.wave[:, 0]), batch.length)
