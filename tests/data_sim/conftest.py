"""A few short recordings in two classes, and a small configuration that plays them."""

import numpy as np
import pytest
import soundfile

from data_sim.corpus.configuration import Configuration, RoomRules

RATE = 8000


@pytest.fixture
def sounds(tmp_path):
    """Noise bursts: Rain/0.wav, Rain/1.wav, Wind/2.wav, each of 0.25 s at 8 kHz."""
    folder = tmp_path / "sounds"
    for number, name in enumerate(("Rain/0.wav", "Rain/1.wav", "Wind/2.wav")):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).normal(0, 0.1, RATE // 4)
        soundfile.write(path, noise, RATE, "FLOAT")
    return folder


@pytest.fixture
def small(sounds):
    """Seven scenes in dry rooms, in shards of three."""
    return Configuration(
        str(sounds), scenes=7, sample_rate=RATE, engine="fast", shard_scenes=3, room=RoomRules(rt60_s=(0.15, 0.3))
    )
