"""How fast rooms are simulated, beside pyroomacoustics.

Rooms as the MC-SimCLR paper draws them (3 to 10 m, RT60 0.1 to 1 s, four microphones, 16 kHz). pyroomacoustics gets the
order that its own `inverse_sabine` proposes, as its users do; its diamond of images holds about twice those that fall
into the RT60, so that the ratio is not one of speed per image. Without pyroomacoustics (`pip install
'lightning_sepcl[sim]'`) only our engines are told.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import torch
from harness import Options, Row, Timing, alternately, run, speedup

from data_sim.corpus.configuration import Configuration
from data_sim.corpus.drawn_scene import DrawnScene, drawn_scene
from data_sim.engines import Engine, ImageSources, Pyroomacoustics, ThinnedImages

GOALS = {"exact": 20.0, "fast": 150.0}
RATE = 16_000


def measure(options: Options) -> list[Row]:
    """Rooms per second of the engines, on the same rooms."""
    torch.set_num_threads(options.threads)
    configuration = Configuration("none", seed=1)
    rooms = [drawn_scene(configuration, number) for number in range(6 if options.quick else 20)]
    scenes = [room.scene for room in rooms]
    engines: dict[str, Engine] = {"exact": ImageSources(), "fast": ThinnedImages()}
    contestants: dict[str, Callable[[], object]] = {
        name: partial(engine.responses, scenes, RATE) for name, engine in engines.items()
    }
    if find_spec("pyroomacoustics"):
        contestants["pyroomacoustics"] = partial(_peer, rooms)
    timings = alternately(contestants, options.rounds_or(quick=2, full=5))
    return _rows(timings, len(rooms), options)


def _peer(rooms: list[DrawnScene]) -> None:
    import pyroomacoustics

    for room in rooms:
        _, order = pyroomacoustics.inverse_sabine(room.rt60, room.scene.room.size)
        Pyroomacoustics(order).responses([room.scene], RATE)


def _rows(timings: dict[str, Timing], rooms: int, options: Options) -> list[Row]:
    rate = {name: rooms / timing.median(options.clock) for name, timing in timings.items()}
    unit = f"rooms/s {'CPU' if options.clock == 'cpu' else 'wall'}"
    peer = rate.pop("pyroomacoustics", None)
    if peer is None:
        return [Row(name, ours, unit) for name, ours in rate.items()]
    return [
        speedup(f"{name} engine vs pyroomacoustics", ours, peer, unit, GOALS[name], rate=True)
        for name, ours in rate.items()
    ]


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
