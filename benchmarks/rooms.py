"""How fast rooms are simulated, beside pyroomacoustics, and how well the responses agree.

Rooms as the MC-SimCLR paper draws them (3 to 10 m, RT60 0.1 to 1 s, four microphones, 16 kHz). pyroomacoustics gets the
order that its own `inverse_sabine` proposes, as its users do; its diamond of images holds about twice those that fall
into the RT60, so that the ratio is not one of speed per image. Without pyroomacoustics (`pip install
'lightning_sepcl[sim]'`) only our engines are told.

Agreement of `fast` is with `exact` in the same rooms, above 80 Hz, several draws a room: errors of T20, C50 and DRR,
whether the GCC-PHAT peak of a pair of microphones lies within a quarter of a sample, kurtosis of the late tail (median;
peer: the same rooms' exact value) and coherence of neighbouring microphones in it (mean over rooms). Agreement of
`exact` is the energy of the difference over that of the response, in the worst microphone: with responses that
pyroomacoustics made of four rooms (`tests/golden/spatial`), and with pyroomacoustics itself in a room of six different
walls. Its delay table limits what can be reached to about -54 dB. The last rows show what a longer RT60 costs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean, median

import numpy as np
import torch
from harness import Options, Row, Timing, alternately, judged, overhead, run, speedup
from room_agreement import BANDS_HZ, Measured, error_db, mean_coherence, measured

from data_sim.corpus.configuration import Configuration
from data_sim.corpus.drawn_scene import DrawnScene, drawn_scene
from data_sim.engines import Engine, ImageSources, Pyroomacoustics, ThinnedImages
from data_sim.microphones import Microphones, circular
from data_sim.room import Room
from data_sim.scene import Scene

GOALS = {"exact": 20.0, "fast": 150.0}
RATE = 16_000
ROOMS, DRAWS = 20, 4
"""Fewer do not tell whether a goal is met."""
RESPONSES = Path(__file__).resolve().parents[1] / "tests" / "golden" / "spatial"
UNEVEN = Room((6.0, 5.0, 3.0), (0.1, 0.5, 0.25, 0.35, 0.6, 0.15))
EXACT_DB, PEAKS_PERCENT = -48.0, 95.0
"""Goals: energy of the difference, dB; share of the pairs."""
ERRORS = {"T20 error": ("%", 1.0, 10.0), "C50 error": ("dB", 0.05, 0.3)}
"""Unit, goal for the median and goal for the worst room."""
DRR_BIAS_DB = 0.05


def measure(options: Options) -> list[Row]:
    """Speed, agreement, and the cost of a longer RT60."""
    torch.set_num_threads(options.threads)
    configuration = Configuration("none", seed=1)
    rooms = [drawn_scene(configuration, number) for number in range(ROOMS)]
    rows = _speed(rooms, options)
    rows += fast_agreement([room.scene for room in rooms], DRAWS)
    rows += exact_agreement()
    return rows + _growth(options)


def _speed(rooms: Sequence[DrawnScene], options: Options) -> list[Row]:
    scenes = [room.scene for room in rooms]
    engines: dict[str, Engine] = {"exact": ImageSources(), "fast": ThinnedImages()}
    contestants: dict[str, Callable[[], object]] = {
        name: partial(engine.responses, scenes, RATE) for name, engine in engines.items()
    }
    if find_spec("pyroomacoustics"):
        contestants["pyroomacoustics"] = partial(_peer, rooms)
    timings = alternately(contestants, options.rounds_or(quick=1, full=5), warmup=0 if options.quick else 1)
    return _rates(timings, len(rooms), options)


def _peer(rooms: Sequence[DrawnScene]) -> None:
    import pyroomacoustics

    for room in rooms:
        _, order = pyroomacoustics.inverse_sabine(room.rt60, room.scene.room.size)
        Pyroomacoustics(order).responses([room.scene], RATE)


def _rates(timings: dict[str, Timing], rooms: int, options: Options) -> list[Row]:
    rate = {name: rooms / timing.median(options.clock) for name, timing in timings.items()}
    unit = f"rooms/s {'CPU' if options.clock == 'cpu' else 'wall'}"
    peer = rate.pop("pyroomacoustics", None)
    if peer is None:
        return [Row(name, ours, unit) for name, ours in rate.items()]
    return [
        speedup(f"{name} engine vs pyroomacoustics", ours, peer, unit, GOALS[name], rate=True)
        for name, ours in rate.items()
    ]


def fast_agreement(scenes: Sequence[Scene], draws: int) -> list[Row]:
    """What `fast` gives up, over rooms; a room's errors are means over draws only where a bias is meant."""
    exact = [measured(scene, _response(ImageSources(), scene), RATE) for scene in scenes]
    pairs = []
    for draw in range(draws):
        for scene, truth in zip(scenes, exact, strict=True):
            drawn = Scene(scene.room, scene.sources, scene.microphones, scene.seed + draw)
            pairs.append((measured(drawn, _response(ThinnedImages(), drawn), RATE), truth))
    errors = {
        "T20 error": [100 * (fast.t20 / truth.t20 - 1) for fast, truth in pairs],
        "C50 error": [fast.c50 - truth.c50 for fast, truth in pairs],
    }
    rows = []
    for what, found in errors.items():
        unit, usual, worst = ERRORS[what]
        rows.append(judged(f"fast: {what}, median", median(map(abs, found)), unit, usual))
        rows.append(judged(f"fast: {what}, worst", max(map(abs, found)), unit, worst))
    rows.append(judged("fast: T20 error, bias", fmean(errors["T20 error"]), "%"))
    drr = abs(fmean(fast.drr - truth.drr for fast, truth in pairs))
    rows.append(judged("fast: DRR, absolute bias", drr, "dB", DRR_BIAS_DB))
    near = torch.cat([(fast.lags - truth.lags).abs() <= 0.25 for fast, truth in pairs])
    share = 100 * float(near.float().mean())
    rows.append(judged("fast: GCC-PHAT peak within 1/4 sample", share, "% of pairs", PEAKS_PERCENT, "at least"))
    return rows + _tails([fast for fast, _ in pairs], exact)


def _tails(fast: Sequence[Measured], exact: Sequence[Measured]) -> list[Row]:
    ours, theirs = (
        median(room.kurtosis for room in rooms if room.kurtosis == room.kurtosis) for rooms in (fast, exact)
    )
    rows = [overhead("fast: kurtosis of the late tail vs exact", ours, theirs, "1")]
    for hz, a, b in zip(BANDS_HZ, mean_coherence(fast).tolist(), mean_coherence(exact).tolist(), strict=True):
        rows.append(overhead(f"fast: coherence at {hz:g} Hz vs exact", a, b, "1"))
    return rows


def exact_agreement() -> list[Row]:
    """`exact` beside pyroomacoustics, from files and live."""
    rows = []
    for path in sorted(RESPONSES.glob("*.npz")):
        found, expected = _of_reference(path)
        rows.append(judged(f"exact: difference from {path.stem}", error_db(found, expected), "dB", EXACT_DB))
    if find_spec("pyroomacoustics"):
        scene = Scene(UNEVEN, torch.tensor([[4.8, 1.1, 1.6]], dtype=torch.float64), circular((2.2, 3.3, 1.0)))
        ours, theirs = (engine.responses([scene], RATE, 0.2)[0][0] for engine in (ImageSources(), Pyroomacoustics()))
        name = "exact: difference from pyroomacoustics, six different walls"
        rows.append(judged(name, error_db(ours, theirs), "dB", EXACT_DB))
    return rows


def _of_reference(path: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Ours and theirs, whose amplitude is 1 / d."""
    golden = np.load(path)
    room = Room(tuple(golden["size"].tolist()), (float(golden["absorption"]),) * 6)
    source = torch.from_numpy(golden["source"]).double().reshape(1, 3)
    scene = Scene(room, source, Microphones(torch.from_numpy(golden["microphones"])))
    expected = torch.from_numpy(golden["response"])
    found = ImageSources().responses([scene], RATE, expected.shape[1] / RATE)[0][0] * (4 * torch.pi)
    return found, expected


def _growth(options: Options) -> list[Row]:
    """Milliseconds for one room of 6 x 5 x 3 m as its RT60 grows."""
    rows = []
    for rt60 in (0.2, 0.4, 0.6, 0.8, 1.0):
        room = Room.with_rt60((6.0, 5.0, 3.0), rt60)
        scene = Scene(room, torch.tensor([[4.8, 1.1, 1.6]], dtype=torch.float64), circular((2.2, 3.3, 1.0)))
        calls: dict[str, Callable[[], object]] = {
            "exact": partial(_response, ImageSources(), scene),
            "fast": partial(_response, ThinnedImages(), scene),
        }
        timings = alternately(calls, options.rounds_or(quick=3, full=9))
        for name, timing in timings.items():
            milliseconds = 1e3 * timing.median(options.clock)
            rows.append(Row(f"{name}: a room with an RT60 of {rt60:g} s", milliseconds, options.milliseconds))
    return rows


def _response(engine: Engine, scene: Scene) -> torch.Tensor:
    return engine.responses([scene], RATE)[0][0]


if __name__ == "__main__":
    sys.exit(run(__doc__, measure))
