"""WAV files that are written side by side and appear under their names together, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Literal

import numpy as np
import soundfile as sf
from jaxtyping import Float32

from lightning_sepcl.audio.reading import Array
from lightning_sepcl.errors import UserError

Bits = Literal[16, 32]
SUBTYPES: dict[int, str] = {16: "PCM_16", 32: "FLOAT"}
WAV_BYTES = 4_000_000_000
"""A WAV file counts its bytes in 32 bits; what gets longer is written as RF64, which counts in 64."""


class ChannelFiles:
    """Mono files that grow together; used as `with ChannelFiles(...) as files: files.write(...)`.

    Args:
        paths: one per channel, ending in `.wav`, in folders that exist.
        sample_rate: Hz.
        bits: 32 is floating point, 16 are integers, which cut off what lies beyond full scale.
        samples: about how many there will be.

    Attributes:
        clipped: samples of each channel that were cut off.

    Raises:
        UserError: a file cannot be written, or the disk is full; nothing is left behind then.
    """

    def __init__(self, paths: Sequence[Path], sample_rate: int, bits: Bits, samples: int) -> None:
        self.paths = tuple(paths)
        self.clipped = [0] * len(self.paths)
        self._bits = bits
        self._kind = {
            "samplerate": sample_rate,
            "channels": 1,
            "subtype": SUBTYPES[bits],
            "format": "RF64" if samples * bits // 8 > WAV_BYTES else "WAV",
        }

    def __enter__(self) -> ChannelFiles:
        with ExitStack() as stack:
            stack.callback(self._remove_unfinished)
            try:
                self._files = [stack.enter_context(self._opened(path)) for path in self.paths]
            except sf.SoundFileError as error:
                why = str(error).split(": ", 1)[-1].strip()
                raise UserError(f"cannot write to the folder {self.paths[0].parent}: {why}") from error
            self._open = stack.pop_all()
        return self

    def write(self, channels: Float32[Array, "channel sample"]) -> None:
        """Append to every file."""
        for number, (file, wave) in enumerate(zip(self._files, channels, strict=True)):
            if self._bits == 16:
                self.clipped[number] += int((np.abs(wave) > 1).sum())
            try:
                file.write(wave)
            except (sf.SoundFileError, AssertionError) as error:  # soundfile asserts that all of it was written
                raise UserError(f"cannot write on to {self.paths[number]}: is the disk full?") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._open:
            for file in self._files:
                file.close()
            if error is None:
                for path in self.paths:
                    _beside(path).replace(path)

    def _opened(self, path: Path) -> sf.SoundFile:
        return sf.SoundFile(str(_beside(path)), "w", **self._kind)

    def _remove_unfinished(self) -> None:
        for path in self.paths:
            _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.unfinished")  # one name, so that a killed job leaves no litter
