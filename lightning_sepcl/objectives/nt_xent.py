"""NT-Xent: views of a clip attract each other, all other views of the batch repel."""

from __future__ import annotations

import re

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from lightning_sepcl.objectives.gather_with_gradient import gather_with_gradient, rank, world_size


def nt_xent(z: Float[Tensor, "batch view dim"], temperature: float) -> Float[Tensor, ""]:
    """How badly the views of a clip are told from all other views of this batch, in nats.

    The mean over all batch · view rows of: log of the sum, over all rows but the row itself, of exp(cosine /
    temperature), minus cosine / temperature with the clip's other view (the mean over them, where there are several).
    Computed in float32 also under autocast, in float64 where `z` is.

    Args:
        z: of any length; only the direction counts.
        temperature: above 0.

    Returns:
        ln(batch · view − 1) where all embeddings are equal.

    Raises:
        ValueError: fewer than two views, or fewer than two clips: nothing to attract, or nothing to repel.

    Source: Chen et al. 2020, eq. 1; separated scenes, eq. 1. Differs from SimCLR's code, which adds the means of both
        directions: twice this value.
    """
    _check_shape(z)
    rows = _directions(z)
    return _mean_over_rows(rows, rows, torch.arange(len(rows), device=z.device), z.shape[1], temperature)


def nt_xent_chunked(z: Float[Tensor, "batch view dim"], temperature: float, clips: int) -> Float[Tensor, ""]:
    """The mean of the losses of consecutive chunks of `clips` clips: a large batch with the negatives of a small one.

    The paper's 32 devices with 64 clips each on one device. Needs memory in proportion to the batch, not its square.

    Raises:
        ValueError: the batch is not a multiple of `clips`.
    """
    if len(z) % clips:
        raise ValueError(f"chunked({clips}): a batch of {len(z)} clips cannot be cut into chunks of {clips}")
    return torch.stack([nt_xent(chunk, temperature) for chunk in torch.split(z, clips)]).mean()


def nt_xent_gathered(z: Float[Tensor, "batch view dim"], temperature: float) -> Float[Tensor, ""]:
    """The loss of this process's rows against the rows of all processes.

    The mean over the processes is the loss of the joined batch; so is the gradient that DDP averages, since each
    process is also told what the others' losses ask of its embeddings.

    Raises:
        ValueError: the processes hold different numbers of clips.
    """
    _check_shape(z, clips=len(z) * world_size())
    rows = _directions(z)
    own = rank() * len(rows) + torch.arange(len(rows), device=z.device)
    return _mean_over_rows(rows, gather_with_gradient(rows), own, z.shape[1], temperature)


class NTXent(nn.Module):
    """NT-Xent with a choice of what repels.

    Args:
        temperature: divides the cosines; above 0.
        negatives: where a clip's negatives come from. `local`: this process's batch; with several processes every
            clip then sees fewer negatives than the joined batch has, as in the paper. `gathered`: the batches of all
            processes, the same as one process with the joined batch. `chunked(64)`: the batch is cut into chunks of
            64 clips that do not see each other, as if each chunk had a device of its own.

    Source: separated scenes, sections 3.1 and 4.2 (temperature 0.3; 64 clips per device, negatives of that device).
    """

    def __init__(self, temperature: float = 0.3, negatives: str = "local") -> None:
        super().__init__()
        if temperature <= 0:
            raise ValueError(f"NTXent: `temperature` is {temperature}, it must be above 0")
        self.temperature, self.negatives = temperature, negatives
        self.chunk = _chunk(negatives)

    def forward(self, z: Float[Tensor, "batch view dim"]) -> Float[Tensor, ""]:
        """The loss of a batch."""
        if self.chunk is not None:
            return nt_xent_chunked(z, self.temperature, self.chunk)
        return (nt_xent_gathered if self.negatives == "gathered" else nt_xent)(z, self.temperature)

    def extra_repr(self) -> str:
        """What is shown of it in a model summary."""
        return f"temperature={self.temperature}, negatives={self.negatives}"


def _chunk(negatives: str) -> int | None:
    """Clips per chunk, None where nothing is cut."""
    if negatives in ("local", "gathered"):
        return None
    found = re.fullmatch(r"chunked\((\d+)\)", negatives)
    if found is None or int(found[1]) < 2:
        raise ValueError(
            f"NTXent: `negatives` is {negatives!r}; it must be `local`, `gathered` or `chunked(K)` "
            "with K clips per chunk, at least 2"
        )
    return int(found[1])


def _check_shape(z: Tensor, clips: int | None = None) -> None:
    clips = len(z) if clips is None else clips
    if clips < 2 or z.shape[1] < 2:
        raise ValueError(f"NT-Xent needs at least 2 clips with 2 views, found {clips} with {z.shape[1]}")


def _directions(z: Float[Tensor, "batch view dim"]) -> Float[Tensor, "row dim"]:
    """Rows of length 1 in at least float32, clip by clip."""
    rows = z.flatten(0, 1)
    return functional.normalize(rows if rows.dtype == torch.float64 else rows.float(), dim=1)


def _mean_over_rows(
    anchors: Float[Tensor, "row dim"],
    keys: Float[Tensor, "key dim"],
    own: Int64[Tensor, " row"],
    views: int,
    temperature: float,
) -> Float[Tensor, ""]:
    """`own` says at which key each anchor itself is found; it is masked. Views of a clip lie side by side."""
    with torch.autocast(anchors.device.type, enabled=False):  # bf16 cosines / 0.1 would be off by up to 0.04
        logits = anchors @ keys.T / temperature
    others = torch.arange(1, views, device=own.device)
    positives = (own // views * views)[:, None] + (own[:, None] % views + others) % views
    attraction = logits.gather(1, positives).mean(1)
    repulsion = logits.scatter(1, own[:, None], -torch.inf).logsumexp(1)
    return (repulsion - attraction).mean()
