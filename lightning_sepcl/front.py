"""The front end: clips in, training examples out, in one order: channels, views, waves, features."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.augment.base import Augmentation, Params, on_device
from lightning_sepcl.features.base import Feature
from lightning_sepcl.features.standardise import Standardise
from lightning_sepcl.records import Batch
from lightning_sepcl.separation.processors import Processors
from lightning_sepcl.views.base import ViewMaker


@dataclass(frozen=True, slots=True)
class Views:
    """What the front end made of a batch.

    Attributes:
        wave: (batch, view, mic, sample) after the waveform augmentations.
        features: (batch, view, channel, freq, frame) after the feature augmentations: the encoder's input.
        direction: (batch, view, 3 or 6), that of the batch, turned as the augmentations turned the sound; None without.
    """

    wave: Tensor
    features: Tensor
    direction: Tensor | None = None


class FrontEnd(nn.Module):
    """Views, waveform augmentations, features, feature augmentations, in this order, on the training device.

    Args:
        views: cuts training examples out of clips.
        features: turns waves into what the encoder reads.
        wave_augment: plugins of the domain `wave`, applied in order.
        feature_augment: plugins of the domain `feature`, applied in order to standardised features.
        standardise: bring the features to mean 0 and deviation 1 over the training clips; the two numbers are found
            before the first step and travel in the checkpoint.
        separate: gives every clip the channels of a separator as further sources, before views are cut.
    """

    def __init__(
        self,
        views: ViewMaker,
        features: Feature,
        wave_augment: list[Augmentation] | None = None,
        feature_augment: list[Augmentation] | None = None,
        standardise: bool = True,
        separate: Processors | None = None,
    ) -> None:
        super().__init__()
        self.views, self.features, self.separate = views, features, separate
        self.wave_augment = _of_domain("wave", wave_augment or [])
        self.feature_augment = _of_domain("feature", feature_augment or [])
        self.standardise = Standardise(groups=features.channel_groups) if standardise else None

    def prepare(self, sample_rate: int) -> None:
        """Tell every part the sample rate in Hz; called once, when the method is built."""
        self.features.prepare(sample_rate)
        self.views.prepare(self.features, sample_rate)
        if self.separate is not None:
            self.separate.prepare(sample_rate)
        for augmentation in (*self.wave_augment, *self.feature_augment):
            augmentation.prepare(sample_rate, self.views.views)

    def forward(self, batch: Batch, generator: torch.Generator) -> Views:
        """Draw and make the views of a batch; every random number comes from `generator`, on the CPU."""
        clips, length = batch.wave, batch.length.cpu()
        if self.separate is not None:
            clips = self.separate.apply(clips, self.separate.draw(len(batch), generator), length)
        draw = self.views.draw(length, clips.shape[1], generator)
        wave = self.views.apply(clips, draw)
        direction = None if batch.direction is None else batch.direction[:, None].expand(-1, wave.shape[1], -1)
        wave, direction = self._augmented(wave, direction, self.wave_augment, generator)
        flat = self.features_of(wave.flatten(0, 1))
        features = flat.reshape(*wave.shape[:2], *flat.shape[1:])
        features, direction = self._augmented(features, direction, self.feature_augment, generator)
        return Views(wave, features, direction)

    def features_of(self, wave: Float[Tensor, "n mic sample"]) -> Float[Tensor, "n channel freq frame"]:
        """Features of waves as the encoder expects them, without any augmentation: what evaluation uses."""
        features: Tensor = self.features(wave)
        return features if self.standardise is None else cast(Tensor, self.standardise(features))

    def needs_statistics(self) -> bool:
        """Whether `fit_statistics` has still to be called."""
        return self.standardise is not None and not bool(self.standardise.fitted)

    def fit_statistics(self, batches: Iterable[Batch]) -> None:
        """Find mean and deviation of the features over whole clips; samples beyond a clip's length do not count."""
        if self.standardise is not None:
            self.standardise.fit(features for batch in batches for features in self._whole_clips(batch))

    def _whole_clips(self, batch: Batch) -> Iterable[Tensor]:
        device = next(self.buffers()).device
        for samples in sorted(set(batch.length.tolist())):
            wave = batch.wave[batch.length == samples, 0, :, : max(samples, self.features.num_samples(1))]
            yield self.features(to_float(wave.to(device)))

    def _augmented(
        self, x: Tensor, direction: Tensor | None, plugins: list[Augmentation], generator: torch.Generator
    ) -> tuple[Tensor, Tensor | None]:
        clips, views = x.shape[:2]
        flat, where = x.flatten(0, 1), None if direction is None else direction.flatten(0, 1)
        for plugin in plugins:
            if plugin.shared_by_views:
                params = _repeated(plugin.draw(torch.Size((clips, *flat.shape[1:])), generator), views)
            else:
                params = plugin.draw(flat.shape, generator)
            params = on_device(params, flat.device)
            flat = plugin.apply(flat, params)
            where = None if where is None else plugin.turned(where, params)
        turned = None if where is None else where.reshape(clips, views, where.shape[1])
        return flat.reshape(clips, views, *flat.shape[1:]), turned


def _repeated(params: Params, views: int) -> Params:
    """One row per clip -> one per view of each clip."""
    return {
        name: value.repeat_interleave(views, 0) if isinstance(value, Tensor) else _repeated(value, views)
        for name, value in params.items()
    }


def _of_domain(domain: str, plugins: list[Augmentation]) -> list[Augmentation]:
    for plugin in plugins:
        if plugin.domain not in (domain, "any"):
            raise ValueError(
                f"{type(plugin).__name__} works on {plugin.domain}s: list it under `{plugin.domain}_augment`, "
                f"not `{domain}_augment`"
            )
    return plugins
