"""One scene of a corpus, simulated, heard and measured."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import soundfile
import torch
from jaxtyping import Float
from torch import Tensor

from data_sim.corpus.configuration import Configuration
from data_sim.corpus.drawn_scene import DrawnScene, drawn_scene
from data_sim.corpus.recordings import Recordings, class_of
from data_sim.corpus.scene_row import NOTHING, Cells, acoustics, dcase_lines, room_cells, source_cells
from data_sim.engines import Engine
from data_sim.moving import heard_moving
from lightning_sepcl.audio.reading import read_audio


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
        UnreadableAudio: one of its recordings.
    """
    drawn, rate = drawn_scene(configuration, number), configuration.sample_rate
    names = [recordings.of_scene(number), recordings.beside(number, drawn.second)][: len(drawn.ways)]
    length = round(configuration.seconds * rate)
    sounds = [loudest(torch.from_numpy(read_audio(recordings.root / name, rate))[0], length) for name in names]
    sounds[1:] = [levelled(sound, sounds[0], drawn.second_db) for sound in sounds[1:]]
    responses: Tensor = engine.responses([drawn.scene], rate)[0]
    waves = [_of_source(drawn, i, sound, responses[i], engine, configuration) for i, sound in enumerate(sounds)]
    wave, gain_db = _with_peak(_of_length(_sum(waves), length), configuration.peak)
    seconds = [len(sound) / rate for sound in sounds]
    row: Cells = NOTHING | {
        "scene": number, "seconds": round(wave.shape[1] / rate, 4), "gain_db": round(gain_db, 3),
    }  # fmt: skip
    row |= room_cells(drawn) | acoustics(drawn, responses[0], rate)
    for i, name in enumerate(names):
        other = "_2" if i else ""
        row |= {f"recording{other}": name, f"label{other}": class_of(name)} | source_cells(drawn, i, seconds[i])
    if len(names) > 1:
        row["level_2_db"] = round(drawn.second_db, 3)
    row = {name: cell for name, cell in row.items() if name not in ("file", "sha256")}
    kinds = [recordings.classes.index(class_of(name)) for name in names]
    return RenderedScene(_encoded(wave, configuration), row, dcase_lines(drawn, kinds, seconds))


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


def levelled(sound: Float[Tensor, " _"], first: Float[Tensor, " played"], level_db: float) -> Float[Tensor, " _"]:
    """So many dB above or below another sound, by mean power; silence stays silence.

    >>> levelled(torch.tensor([1.0, -1.0]), torch.tensor([3.0, 3.0, 3.0]), 0.0)
    tensor([ 3., -3.])
    """
    power = float(sound.double().square().mean())
    wanted = float(first.double().square().mean()) * 10 ** (level_db / 10)
    return sound * math.sqrt(wanted / power) if power > 0 else sound


def _of_source(
    drawn: DrawnScene, i: int, sound: Tensor, response: Tensor, engine: Engine, configuration: Configuration
) -> Float[Tensor, "mic heard"]:
    """What the array hears of one source."""
    if not drawn.ways[i].length:
        return heard(sound, response)
    scene, rate = drawn.scene, configuration.sample_rate
    return heard_moving(
        sound, drawn.ways[i], scene.room, scene.microphones, engine=engine, sample_rate=rate,
        spacing=configuration.source.spacing_m, seed=scene.seed + i,
    )  # fmt: skip


def _sum(waves: list[Tensor]) -> Tensor:
    """Of waves of different lengths."""
    longest = max(wave.shape[1] for wave in waves)
    padded = [torch.nn.functional.pad(wave, (0, longest - wave.shape[1])) for wave in waves]
    return padded[0] if len(padded) == 1 else torch.stack(padded).sum(dim=0)


def _of_length(wave: Float[Tensor, "mic heard"], samples: int) -> Float[Tensor, "mic _"]:
    """Cut, or with silence behind it; as it is if `samples` is 0."""
    if not samples:
        return wave
    return torch.nn.functional.pad(wave[:, :samples], (0, max(0, samples - wave.shape[1])))


def _with_peak(wave: Float[Tensor, "mic heard"], peak: float) -> tuple[Float[Tensor, "mic heard"], float]:
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
