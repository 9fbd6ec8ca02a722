"""What sounds, and from which azimuth: two linear layers on an encoder that is frozen, fine-tuned, or new."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.checkpoint_file import content_of
from lightning_sepcl.encoders.base import Encoder
from lightning_sepcl.errors import UserError
from lightning_sepcl.features import fingerprint
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.heads import AzimuthHead, LinearClassifier
from lightning_sepcl.methods.base import Method
from lightning_sepcl.objectives.azimuth import AzimuthLoss
from lightning_sepcl.objectives.supervised import BinaryCrossEntropy, CrossEntropy
from lightning_sepcl.records import Batch

LAST = Path("checkpoints") / "last.ckpt"


class EventLocalisation(Method):
    """A classifier and an azimuth head, trained on labelled clips; `encoder_gradient` says how far the encoder follows.

    With 0 the encoder stays as it is, and both layers learn alone: linear probing. With a pre-trained encoder and 0.1
    it is the paper's fine-tuning, with a new one and 1 its supervised baseline. Judged by
    `EventLocalisationEvaluation`: clips are heard in windows as long as the training crops, half overlapping, class
    probabilities and directions averaged.

    Args:
        front: clips -> views as features; each view is an example of its own. ChannelSwap turns the azimuth along.
        encoder: features -> embedding h.
        pretrained: folder of a run, or a checkpoint, whose encoder and statistics of features training starts from.
        encoder_gradient: what the gradient that reaches the encoder is multiplied by.
        azimuth_weight: of the azimuth's loss beside the classes'.
        pretrained_layers: also start from the two layers of `pretrained`, which is then a run of this method.

    Source: MC-SimCLR, section 4.3. That the azimuth is told as a point on the circle is ours.
    """

    def __init__(
        self,
        front: FrontEnd,
        encoder: Encoder,
        pretrained: str | None = None,
        encoder_gradient: float = 1.0,
        azimuth_weight: float = 1.0,
        pretrained_layers: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(front, encoder, **kwargs)
        if not self.class_names:
            raise ValueError("EventLocalisation needs labels: this data set has no classes")
        if encoder_gradient < 0:
            raise ValueError(f"EventLocalisation: `encoder_gradient` is {encoder_gradient:g}, it must be 0 or above")
        self.pretrained, self.encoder_gradient, self.azimuth_weight = pretrained, encoder_gradient, azimuth_weight
        self.classes, self.azimuth = LinearClassifier(encoder.dim, len(self.class_names)), AzimuthHead(encoder.dim)
        self.class_loss: nn.Module = BinaryCrossEntropy() if self.multi_label else CrossEntropy()
        self.azimuth_loss: nn.Module = AzimuthLoss()
        self.pretrained_layers = pretrained_layers
        # Lightning trains every module in the mode it is built in, and a frozen encoder's statistics are to stay
        encoder.requires_grad_(encoder_gradient > 0).train(encoder_gradient > 0)

    def setup(self, stage: str) -> None:
        """Take on the pre-trained weights, before a run that goes on takes on its own."""
        if stage == "fit" and self.pretrained is not None:
            self._take_on(Path(self.pretrained).expanduser())

    def train(self, mode: bool = True) -> EventLocalisation:
        """A frozen encoder keeps the statistics of its batch norm too."""
        super().train(mode)
        if self.encoder_gradient == 0:
            self.encoder.eval()
        return self

    def loss(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Both layers read the same h of every view.

        Raises:
            UserError: the clips come without directions.
        """
        if batch.direction is None:
            raise UserError("EventLocalisation needs directions: train on SimulatedRooms, or a corpus that knows them")
        made = self.front(batch, generator)
        h = self._slowed(self.encode(made.features)).flatten(0, 1)
        views = made.features.shape[1]
        target, labelled = batch.target.repeat_interleave(views, 0), batch.labelled.repeat_interleave(views)
        what = self.class_loss(self.classes(h), target, labelled)
        where = self.azimuth_loss(self.azimuth(h), self.azimuths(cast(Tensor, made.direction).flatten(0, 1)))
        return what + self.azimuth_weight * where, {"classes": what.detach(), "azimuth": where.detach()}

    def azimuths(self, direction: Float[Tensor, "n place"]) -> Float[Tensor, "n ..."]:
        """What the azimuth head is to learn, degrees."""
        return direction[:, 0]

    def mean_direction(self, points: Float[Tensor, "clip window place"]) -> Float[Tensor, "clip place"]:
        """Of a clip, from what the azimuth head says of its windows."""
        return nn.functional.normalize(points, dim=2).mean(1)

    def predictions(
        self, wave: Float[Tensor, "clip mic sample"], length: Int64[Tensor, " clip"]
    ) -> dict[str, Float[Tensor, "clip _"]]:
        """`classes` (clip, class): mean probability, and `azimuth` (clip, 2): mean direction, not of length 1.

        Args:
            wave: full scale 1.
            length: samples of each clip that are real.
        """
        window, rows, order = self.front.views.crop_samples, list[tuple[Tensor, Tensor]](), list[Tensor]()
        for samples in sorted(set(length.tolist())):
            same = (length == samples).nonzero()[:, 0]
            clips = nn.functional.pad(wave[same, :, :samples], (0, max(0, window - samples)))
            pieces = clips.unfold(-1, window, max(1, window // 2)).movedim(2, 1)
            h = self.encode(self.front.features_of(pieces.flatten(0, 1))[:, None])[:, 0]
            what = self.classes(h).sigmoid() if self.multi_label else self.classes(h).softmax(1)
            where = self.azimuth(h)
            what, where = (x.reshape(*pieces.shape[:2], -1) for x in (what, where))
            rows.append((what.mean(1), self.mean_direction(where)))
            order.append(same)
        back = torch.cat(order).argsort()
        return {
            name: torch.cat(part)[back]
            for name, part in zip(("classes", "azimuth"), zip(*rows, strict=True), strict=True)
        }

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """Predictions of a batch, for the evaluation callback; nothing for the clips that are trained on."""
        return self.predictions(to_float(batch.wave[:, 0]), batch.length) if self.judges(dataloader_idx) else {}

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> dict[str, Tensor]:
        """Predictions of a batch, for the evaluation callback; nothing for the clips that were trained on."""
        return self.predictions(to_float(batch.wave[:, 0]), batch.length) if self.judges(dataloader_idx) else {}

    def _slowed(self, h: Tensor) -> Tensor:
        """The same h; its gradient arrives at the encoder multiplied."""
        if self.encoder_gradient in (0.0, 1.0):
            return h
        return h * self.encoder_gradient + h.detach() * (1 - self.encoder_gradient)

    def _take_on(self, where: Path) -> None:
        path = where / LAST if where.is_dir() else where
        if not path.is_file():
            raise UserError(f"no checkpoint {path}: let `pretrained` name the folder of a run that has been trained")
        checkpoint = content_of(path)
        if checkpoint is None or "state_dict" not in checkpoint:
            raise UserError(f"{path} is damaged, or no checkpoint of a run: train it again, or name another one")
        front = self.front
        standardised = front.standardise is not None
        fingerprint.refuse_another(checkpoint, front.features, self.sample_rate, standardised, "front.features.")
        state = checkpoint["state_dict"]
        _load(self.encoder, state, "encoder.", path)
        if front.standardise is not None:
            _load(front.standardise, state, "front.standardise.", path)
        if self.pretrained_layers:
            _load(self.classes, state, "classes.", path)
            _load(self.azimuth, state, "azimuth.", path)


def _load(module: nn.Module, state: dict[str, Tensor], prefix: str, path: Path) -> None:
    own = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    try:
        module.load_state_dict(own)
    except RuntimeError as error:
        raise UserError(
            f"{path} holds another {prefix.rstrip('.')} than this experiment's {type(module).__name__}: "
            "give both the same settings"
        ) from error
