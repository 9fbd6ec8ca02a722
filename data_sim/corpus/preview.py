"""A picture of one scene: the room from above, a response and how it decays."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from data_sim.corpus.configuration import Configuration
from data_sim.corpus.drawn_scene import DrawnScene, drawn_scene
from data_sim.corpus.engine_of import engine_of
from data_sim.corpus.picture import new_figure, save_figure
from data_sim.measures import decay_curve, reverberation_time, without_rumble

LOWEST_DB = -70.0


def save_preview(configuration: Configuration, number: int, path: Path) -> str:
    """Draws scene `number` into a PNG, SVG or PDF file; returns a line about it.

    Raises:
        UserError: matplotlib is missing, the file cannot be written.
    """
    figure = new_figure(11.0, 6.5, "previews")
    drawn, rate = drawn_scene(configuration, number), configuration.sample_rate
    with closing(engine_of(configuration)) as engine:
        response = engine.responses([drawn.scene], rate)[0][0, 0]
    places = figure.subplot_mosaic([["plan", "wave"], ["plan", "decay"], ["array", "decay"]], width_ratios=[1, 1.4])
    plan, wave, decay, array = (places[name] for name in ("plan", "wave", "decay", "array"))
    _draw_plan(plan, drawn)
    _draw_array(array, drawn)
    _draw_wave(wave, response, rate)
    measured = _draw_decay(decay, response, rate)
    azimuth, elevation, distance = drawn.scene.directions[0].tolist()
    told = (
        f"scene {number}: {' x '.join(f'{side:.2f}' for side in drawn.scene.room.size)} m, "
        f"RT60 {drawn.rt60:.2f} s asked, {measured:.2f} s measured, "
        f"azimuth {azimuth:.0f}°, elevation {elevation:.0f}°, distance {distance:.2f} m"
    )
    figure.suptitle(told, fontsize=10)
    save_figure(figure, path)
    return told


def _draw_plan(axes: Any, drawn: DrawnScene) -> None:
    scene = drawn.scene
    width, length, height = scene.room.size
    microphones = scene.microphones.positions
    centre = scene.microphones.centre.tolist()
    axes.plot([0, width, width, 0, 0], [0, 0, length, length, 0], color="0.3", lw=2)
    for way, colour in zip(drawn.ways, ("tab:red", "tab:orange"), strict=False):
        source = way.points[0].tolist()
        axes.plot([centre[0], source[0]], [centre[1], source[1]], color="0.7", lw=1, ls="--")
        axes.plot(source[0], source[1], "o", color=colour, label=f"source, {source[2]:.2f} m high")
        if way.length:
            axes.plot(way.points[:, 0], way.points[:, 1], color=colour, label=f"its way, {way.length:.1f} m")
    axes.plot(microphones[:, 0], microphones[:, 1], ".", color="tab:blue", label=f"array, {centre[2]:.2f} m high")
    axes.set(aspect="equal", xlabel="x (m)", ylabel="y (m)", title=f"from above, ceiling at {height:.2f} m")
    axes.legend(fontsize=8)


def _draw_array(axes: Any, drawn: DrawnScene) -> None:
    microphones = drawn.scene.microphones
    for number, (x, y, _) in enumerate((microphones.positions - microphones.centre).mul(100).tolist()):
        axes.plot(x, y, ".", color="tab:blue")
        axes.annotate(str(number), (x, y), textcoords="offset points", xytext=(4, 4), fontsize=8)
    axes.margins(0.3)
    axes.set(aspect="equal", xlabel="x (cm)", ylabel="y (cm)", title="the array")


def _draw_wave(axes: Any, response: Float[Tensor, " sample"], rate: int) -> None:
    milliseconds = torch.arange(len(response)) / rate * 1000
    axes.plot(milliseconds, response, lw=0.5)
    axes.set(xlabel="time (ms)", ylabel="pressure", title="impulse response, microphone 0")


def _draw_decay(axes: Any, response: Float[Tensor, " sample"], rate: int) -> float:
    clean = without_rumble(response, rate)
    curve, rt60 = decay_curve(clean), float(reverberation_time(clean, rate))
    seconds = torch.arange(len(curve)) / rate
    axes.plot(seconds * 1000, curve.clamp(min=LOWEST_DB), label="decay, above 80 Hz")
    if rt60 == rt60:
        start = float(seconds[(curve <= -5).nonzero()[0]])
        axes.plot([start * 1000, (start + rt60 / 3) * 1000], [-5, -25], lw=3, alpha=0.5, label=f"T20: {rt60:.2f} s")
    axes.set(xlabel="time (ms)", ylabel="energy still to come (dB)", ylim=(LOWEST_DB, 3), title="decay")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    return rt60
