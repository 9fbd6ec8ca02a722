"""What every encoder asks of its input before it starts, so that the message is ours and not a convolution's."""

from __future__ import annotations

from torch import Tensor


def check_input(x: Tensor, encoder: str, channels: int, least: int, least_frames: int | None = None) -> None:
    """Refuse features that an encoder cannot take.

    Args:
        x: (n, channel, freq, frame).
        encoder: its name, for the message.
        channels: feature channels it expects.
        least: the fewest bins, and the fewest frames, that leave one position after its last pooling.
        least_frames: the fewest frames, where it pools over time otherwise than over bins.

    Raises:
        ValueError: wrong number of axes or channels, or too few bins or frames.
    """
    if x.ndim != 4 or x.shape[1] != channels:
        raise ValueError(
            f"{encoder} takes features (n, {channels}, freq, frame), these are {tuple(x.shape)}: "
            "set the encoder's `channels` to what the feature makes"
        )
    bins, frames = x.shape[2:]
    least_frames = least if least_frames is None else least_frames
    if bins < least or frames < least_frames:
        raise ValueError(
            f"{encoder} needs at least {least} bins and {least_frames} frames, these features have {bins} and "
            f"{frames}: take longer crops or more bins, or an encoder that pools less"
        )
