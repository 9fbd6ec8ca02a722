"""What every engine is: scenes in, impulse responses out, in one convention."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor

from data_sim.scene import Scene


class Engine(ABC):
    """Computes impulse responses.

    All engines keep one convention, whatever the library behind them has:

    - time: sample n is n / sample_rate seconds after the source sounded; the direct sound of a source d metres away
      has its peak at d / 343 * sample_rate, between samples. No constant delay. What a filter would put before time 0
      is cut.
    - amplitude: 1 / (4 pi d), a point source of unit strength.
    - sign: walls reflect with a positive factor, sqrt(1 - absorption).
    """

    @abstractmethod
    def responses(self, scenes: Sequence[Scene], sample_rate: int, seconds: float | None = None) -> list[Tensor]:
        """For each scene a (source, mic, sample) float32 tensor on the CPU, the same alone as among others.

        Args:
            scenes: any number.
            sample_rate: Hz.
            seconds: length of the responses; None: `Scene.natural_seconds` of each.

        Raises:
            UserError: the engine is not installed or cannot simulate a scene.
        """

    def close(self) -> None:  # noqa: B027 - no engine has to have one
        """Give back what is held from call to call, such as a process; for most engines there is nothing."""
