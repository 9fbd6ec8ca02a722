"""What the manifest and the label files say of a scene."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor

from data_sim.corpus.drawn_scene import DrawnScene
from data_sim.measures import clarity, direct_to_reverberant, reverberation_time, without_rumble
from data_sim.room import SPEED_OF_SOUND
from data_sim.scene import directions_from

DCASE_FRAME_SECONDS = 0.1
Cells = dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Row:
    """What the manifest says of a scene; a column each.

    Attributes:
        scene: its number.
        file: its audio, from the corpus's folder.
        sha256: of that file.
        recording: what is heard, from the folder of the recordings.
        label: the folder the recording lies in.
        seconds: length of the audio, with the tail behind the recording.
        azimuth_deg: of the source seen from the array's centre, counter-clockwise from the x axis; of one that moves,
            in the middle of its recording.
        elevation_deg: upwards.
        distance_m: from the array's centre.
        rt60_asked_s: by Sabine's formula.
        rt60_measured_s: T20 of the responses above 80 Hz, mean over microphones.
        drr_db: direct sound over the rest, above 80 Hz, mean over microphones.
        c50_db: clarity, above 80 Hz, mean over microphones.
        gain_db: by which the audio was made louder, so that its peak is that of the configuration.
        redrawn: rooms thrown away, as they could not have their RT60.
        absorption: mean over the walls, in the octaves of 500 Hz and 1 kHz where they differ.
        source_x_m, source_y_m, source_z_m: where the source begins.
        seed: of the engine, for this scene.
        materials: of walls, floor and ceiling, where they are drawn.
        end_x_m, end_y_m, end_z_m: where the source is when its recording ends.
        speed_m_s: of a source that moves; 0 of one that rests.
        recording_2 ... speed_2_m_s: the same of a second source, else empty.
        level_2_db: of the second recording beside the first, as they are played.
    """

    scene: int
    file: str
    sha256: str
    recording: str
    label: str
    seconds: float
    azimuth_deg: float
    elevation_deg: float
    distance_m: float
    rt60_asked_s: float
    rt60_measured_s: float
    drr_db: float
    c50_db: float
    gain_db: float
    width_m: float
    length_m: float
    height_m: float
    absorption: float
    array_x_m: float
    array_y_m: float
    array_z_m: float
    source_x_m: float
    source_y_m: float
    source_z_m: float
    redrawn: int
    seed: int
    materials: str
    end_x_m: float
    end_y_m: float
    end_z_m: float
    speed_m_s: float
    recording_2: str
    label_2: str
    level_2_db: float
    azimuth_2_deg: float
    elevation_2_deg: float
    distance_2_m: float
    source_2_x_m: float
    source_2_y_m: float
    source_2_z_m: float
    end_2_x_m: float
    end_2_y_m: float
    end_2_z_m: float
    speed_2_m_s: float


COLUMNS = tuple(part.name for part in fields(Row))
NOTHING: Cells = dict.fromkeys(COLUMNS, "")


def room_cells(drawn: DrawnScene) -> Cells:
    """The columns that tell of the room and the array."""
    scene = drawn.scene
    named = dict(zip(("width_m", "length_m", "height_m"), scene.room.size, strict=True))
    named |= {"absorption": scene.room.mid_absorption}
    named |= dict(zip(("array_x_m", "array_y_m", "array_z_m"), scene.microphones.centre.tolist(), strict=True))
    rounded = {name: round(value, 4) for name, value in named.items()}
    return {**rounded, "redrawn": drawn.redrawn, "seed": scene.seed, "materials": " ".join(drawn.materials)}


def source_cells(drawn: DrawnScene, number: int, seconds: float) -> Cells:
    """The columns that tell where source `number` is, whose recording lasts `seconds`."""
    way, other = drawn.ways[number], "_2" if number else ""
    begin, middle, end = way.at(torch.tensor([0.0, seconds / 2, seconds], dtype=torch.float64))
    where = directions_from(drawn.scene.microphones.centre, middle[None])[0].tolist()
    names = (f"azimuth{other}_deg", f"elevation{other}_deg", f"distance{other}_m")
    named: dict[str, float] = dict(zip(names, where, strict=True))
    for what, place in (("source", begin), ("end", end)):
        named |= {f"{what}{other}_{axis}_m": x for axis, x in zip("xyz", place.tolist(), strict=True)}
    named[f"speed{other}_m_s"] = way.length / float(way.seconds[-1]) if way.length else 0.0
    return {name: round(value, 4) for name, value in named.items()}


def acoustics(drawn: DrawnScene, response: Float[Tensor, "mic sample"], rate: int) -> Cells:
    """The columns that tell what the room does to sound of the first source."""
    arrival = (drawn.scene.distances[0] / SPEED_OF_SOUND).float()
    clean = without_rumble(response, rate)
    measured = {
        "rt60_measured_s": reverberation_time(clean, rate),
        "drr_db": direct_to_reverberant(clean, rate, arrival),
        "c50_db": clarity(clean, rate, arrival),
    }
    return {
        "rt60_asked_s": round(drawn.rt60, 4),
        **{name: round(float(values.mean()), 4) for name, values in measured.items()},
    }


def dcase_lines(drawn: DrawnScene, kinds: Sequence[int], seconds: Sequence[float]) -> str:
    """A line for every source and 100 ms in which its recording plays, with its direction in the middle of them.

    The sound's way to the array is not counted.

    Args:
        drawn: the scene.
        kinds: class of each source.
        seconds: length of each source's recording.

    Source: DCASE 2024 task 3, format of the labels.
    """
    lines = [line for source in range(len(kinds)) for line in _source_lines(drawn, source, kinds[source], seconds)]
    return "".join(f"{frame},{text}\n" for frame, text in sorted(lines, key=lambda line: line[0]))


def _source_lines(drawn: DrawnScene, source: int, kind: int, seconds: Sequence[float]) -> Iterator[tuple[int, str]]:
    frames = math.ceil(seconds[source] / DCASE_FRAME_SECONDS)
    times = (torch.arange(frames, dtype=torch.float64) + 0.5) * DCASE_FRAME_SECONDS
    places = directions_from(drawn.scene.microphones.centre, drawn.ways[source].at(times)).tolist()
    for frame, (azimuth, elevation, distance) in enumerate(places):
        yield frame, f"{kind},{source},{round(azimuth)},{round(elevation)},{round(distance * 100)}"
