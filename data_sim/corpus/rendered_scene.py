"""One scene of a corpus, simulated, heard and measured."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, fields

import soundfile
import torch
from jaxtyping import Float
from torch import Tensor

from data_sim.corpus.configuration import Configuration
from data_sim.corpus.drawn_scene import DrawnScene, drawn_scene
from data_sim.corpus.recordings import Recordings, class_of
from data_sim.engines import Engine
from data_sim.measures import clarity, direct_to_reverberant, reverberation_time, without_rumble
from data_sim.room import SPEED_OF_SOUND
from lightning_sepcl.audio.reading import read_audio

DCASE_FRAME_SECONDS = 0.1


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
        azimuth_deg: of the source seen from the array's centre, counter-clockwise from the x axis.
        elevation_deg: upwards.
        distance_m: from the array's centre.
        rt60_asked_s: by Sabine's formula.
        rt60_measured_s: T20 of the responses above 80 Hz, mean over microphones.
        drr_db: direct sound over the rest, above 80 Hz, mean over microphones.
        c50_db: clarity, above 80 Hz, mean over microphones.
        gain_db: by which the audio was made louder, so that its peak is that of the configuration.
        redrawn: rooms thrown away, as they could not have their RT60.
        seed: of the engine, for this scene.
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


COLUMNS = tuple(part.name for part in fields(Row))


@dataclass(frozen=True, slots=True)
class RenderedScene:
    """Audio in its file format, its row of the manifest, and its labels as DCASE writes them.

    Attributes:
        audio: the bytes of the file.
        row: without the file's name and sum, which are known once it is written.
        dcase: lines of frame, class, source, azimuth, elevation, distance (cm).
    """

    audio: bytes
    row: dict[str, str | int | float]
    dcase: str


def rendered_scene(configuration: Configuration, recordings: Recordings, engine: Engine, number: int) -> RenderedScene:
    """Scene `number`; nothing but the configuration, the recordings and the number decide how it sounds.

    Raises:
        UnreadableAudio: its recording.
    """
    drawn, rate = drawn_scene(configuration, number), configuration.sample_rate
    name = recordings.of_scene(number)
    length = round(configuration.seconds * rate)
    source = loudest(torch.from_numpy(read_audio(recordings.root / name, rate))[0], length)
    response: Tensor = engine.responses([drawn.scene], rate)[0][0]
    wave, gain_db = _levelled(_of_length(heard(source, response), length), configuration.peak)
    row: dict[str, str | int | float] = {
        "scene": number, "recording": name, "label": class_of(name),
        "seconds": round(wave.shape[1] / rate, 4), "gain_db": round(gain_db, 3),
    }  # fmt: skip
    row |= geometry(drawn) | acoustics(drawn, response, rate)
    kind = recordings.classes.index(class_of(name))
    return RenderedScene(_encoded(wave, configuration), row, _dcase(drawn, kind, len(source) / rate))


def loudest(source: Float[Tensor, " recorded"], samples: int) -> Float[Tensor, " played"]:
    """The stretch of so many samples that has the most energy; all of a shorter recording, or if `samples` is 0.

    >>> loudest(torch.tensor([0.0, 1.0, 2.0, 0.0]), 2)
    tensor([1., 2.])
    """
    if not 0 < samples < len(source):
        return source
    energy = torch.nn.functional.pad(source.double().square().cumsum(0), (1, 0))
    start = int((energy[samples:] - energy[:-samples]).argmax())
    return source[start : start + samples]


def heard(source: Float[Tensor, " played"], response: Float[Tensor, "mic sample"]) -> Float[Tensor, "mic heard"]:
    """The source in the room: its convolution with the response of each microphone, up to the end of the tail."""
    length = len(source) + response.shape[1] - 1
    size = 1 << (length - 1).bit_length()
    spectrum = torch.fft.rfft(source, size) * torch.fft.rfft(response, size)
    wave: Tensor = torch.fft.irfft(spectrum, size)[:, :length]
    return wave


def geometry(drawn: DrawnScene) -> dict[str, str | int | float]:
    """The columns that tell where everything is."""
    scene = drawn.scene
    azimuth, elevation, distance = scene.directions[0].tolist()
    named: dict[str, float] = {"azimuth_deg": azimuth, "elevation_deg": elevation, "distance_m": distance}
    named |= dict(zip(("width_m", "length_m", "height_m"), scene.room.size, strict=True))
    named |= {"absorption": scene.room.absorption[0]}
    named |= dict(zip(("array_x_m", "array_y_m", "array_z_m"), scene.microphones.centre.tolist(), strict=True))
    named |= dict(zip(("source_x_m", "source_y_m", "source_z_m"), scene.sources[0].tolist(), strict=True))
    rounded = {name: round(value, 4) for name, value in named.items()}
    return {**rounded, "redrawn": drawn.redrawn, "seed": drawn.scene.seed}


def acoustics(drawn: DrawnScene, response: Float[Tensor, "mic sample"], rate: int) -> dict[str, str | int | float]:
    """The columns that tell what the room does to sound."""
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


def _of_length(wave: Float[Tensor, "mic heard"], samples: int) -> Float[Tensor, "mic _"]:
    """Cut, or with silence behind it; as it is if `samples` is 0."""
    if not samples:
        return wave
    return torch.nn.functional.pad(wave[:, :samples], (0, max(0, samples - wave.shape[1])))


def _levelled(wave: Float[Tensor, "mic heard"], peak: float) -> tuple[Float[Tensor, "mic heard"], float]:
    """With one gain for all microphones, as their differences tell the direction; silence stays silence."""
    loudest = float(wave.abs().max())
    gain = peak / loudest if loudest > 0 else 1.0
    return wave * gain, 20 * math.log10(gain)


def _encoded(wave: Float[Tensor, "mic heard"], configuration: Configuration) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(
        buffer, wave.T.contiguous().numpy(), configuration.sample_rate, "PCM_16", format=configuration.format.upper()
    )
    return buffer.getvalue()


def _dcase(drawn: DrawnScene, kind: int, seconds: float) -> str:
    """A line for every 100 ms in which the recording plays; the sound's way to the array is not counted.

    Source: DCASE 2024 task 3, format of the labels.
    """
    azimuth, elevation, distance = drawn.scene.directions[0].tolist()
    place = f"{kind},0,{round(azimuth)},{round(elevation)},{round(distance * 100)}"
    return "".join(f"{frame},{place}\n" for frame in range(math.ceil(seconds / DCASE_FRAME_SECONDS)))
