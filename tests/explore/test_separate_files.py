from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.separate_files import ChannelFiles


def ramp(channels, samples):
    return np.linspace(-0.9, 0.9, channels * samples, dtype=np.float32).reshape(channels, samples)


def test_files_appear_when_all_are_complete(tmp_path):
    paths = [tmp_path / "a_1.wav", tmp_path / "a_2.wav"]
    wave = ramp(2, 1000)
    with ChannelFiles(paths, 8000, 32, 1000) as files:
        for part in np.split(wave, [300, 300, 999], axis=1):
            files.write(part)
        assert not any(path.exists() for path in paths)
    assert sorted(tmp_path.iterdir()) == paths
    for path, expected in zip(paths, wave, strict=True):
        found, rate = sf.read(path, dtype="float32")
        assert rate == 8000
        assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("bits", "samples", "kind"), [(32, 10**9, "WAV"), (32, 10**9 + 1, "RF64"), (16, 10**9 + 1, "WAV")]
)
def test_what_is_too_long_for_a_wav_becomes_rf64(bits, samples, kind, tmp_path):
    wave = ramp(1, 100)
    with ChannelFiles([tmp_path / "a.wav"], 8000, bits, samples) as files:
        files.write(wave)
    assert sf.info(tmp_path / "a.wav").format == kind
    np.testing.assert_allclose(sf.read(tmp_path / "a.wav")[0], wave[0], atol=2**-15)


def test_after_an_error_nothing_is_left(tmp_path):
    def broken():
        with ChannelFiles([tmp_path / "a.wav"], 8000, 32, 10) as files:
            files.write(ramp(1, 10))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match=r"cannot write to the folder .*nowhere: "):
        ChannelFiles([tmp_path / "nowhere" / "a.wav"], 8000, 32, 10).__enter__()


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sf.SoundFile, "_cdata_io", lambda *given: 3)  # samples that libsndfile could write

    def written():
        with ChannelFiles([tmp_path / "a.wav"], 8000, 32, 10) as files:
            files.write(ramp(1, 10))

    with pytest.raises(UserError, match=r"a\.wav: is the disk full"):
        written()
    assert not list(tmp_path.iterdir())
