from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf
import torch

from lightning_sepcl.audio.reading import read_audio
from lightning_sepcl.separation.saved import load_separator, save_separator
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp
from tests.fakes.tone import write_tone


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Recordings, the folder of a run with two states of a separator, and things that are none; to be read only."""
    root = tmp_path_factory.mktemp("separate")
    write_tone(root / "dog.wav", 400, 3.0, 16000)
    write_tone(root / "cat.flac", 900, 1.0, 44100, 2)
    sf.write(root / "silent.wav", np.zeros(1200), 8000)
    (root / "text.wav").write_text("no audio")
    torch.manual_seed(0)
    for name in ("step0", "last"):
        net = TDCNpp(2, STFTBasis(64, 16), bottleneck=4, hidden=6, repeats=1, blocks=2, sample_rate=8000)
        save_separator(root / f"run/processors/{name}.safetensors", net)
    (root / "run/checkpoints").mkdir()
    (root / "run/checkpoints/last.ckpt").write_bytes(b"tensors")
    return root


@pytest.fixture
def separate(folder, sepcl, tmp_path, monkeypatch):
    """The verb within the folder of recordings, writing elsewhere."""
    monkeypatch.chdir(folder)
    return lambda line, separator="--separator run": sepcl(f"separate {line} {separator} --out {tmp_path}/out")


def test_recordings_become_channels(separate, folder, tmp_path):
    answer = separate("dog.wav cat.flac silent.wav --chunk 1")
    assert answer.code == 0, answer.err
    told = answer.out.splitlines()
    assert told[0] == "dog.wav: 3 s, 16 kHz, resampled to 8 kHz"
    assert told[3] == "cat.flac: 1 s, 44.1 kHz, 2 channels mixed down to one, resampled to 8 kHz"
    silent = [f"  {tmp_path}/out/silent_{i}.wav  silent" for i in (1, 2)]
    assert told[6:] == ["silent.wav: 0.15 s, 8 kHz", *silent]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        f"{name}_{i}.wav" for name in ("cat", "dog", "silent") for i in (1, 2)
    ]
    (one, rate), (other, _) = (sf.read(tmp_path / f"out/dog_{i}.wav", dtype="float32") for i in (1, 2))
    recording = read_audio(folder / "dog.wav", 8000)[0]
    assert rate == 8000
    np.testing.assert_allclose(one + other, recording, atol=2e-6)
    level = 10 * np.log10(np.square(one, dtype=np.float64).mean())
    share = 100 * (one.astype(np.float64) @ recording) / (recording.astype(np.float64) @ recording)
    assert told[1] == f"  {tmp_path}/out/dog_1.wav  {level:6.1f} dBFS, {share:3.0f} % of the recording"


def test_a_recording_shorter_than_a_chunk_is_what_the_separator_gives(separate, folder, tmp_path):
    assert separate("dog.wav").code == 0
    wave = torch.from_numpy(read_audio(folder / "dog.wav", 8000))
    with torch.no_grad():
        expected = load_separator(folder / "run/processors/last.safetensors")(wave[None])[0]
    found = [sf.read(tmp_path / f"out/dog_{i}.wav", dtype="float32")[0] for i in (1, 2)]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_several_separators_get_a_folder_each_and_a_picture_shows_all(separate, tmp_path):
    last, first = "run/processors/last.safetensors", "run/processors/step0.safetensors"
    answer = separate("cat.flac --picture --rate original --bits 16", f"--separator S2={last} --separator {first}")
    assert answer.code == 0, answer.err
    out = tmp_path / "out"
    assert "resampled to 8 kHz, channels at its own rate" in answer.out
    assert answer.out.endswith(f"  {out}/cat.png\n")
    files = sorted(str(p.relative_to(out)) for p in out.rglob("*.*"))
    assert files == ["S2/cat_1.wav", "S2/cat_2.wav", "cat.png", "step0/cat_1.wav", "step0/cat_2.wav"]
    info = sf.info(out / "S2/cat_1.wav")
    assert (info.samplerate, info.frames, info.subtype) == (44100, 44100, "PCM_16")
    assert (out / "S2/cat_1.wav").read_bytes() != (out / "step0/cat_1.wav").read_bytes()


def test_the_others_go_on_when_one_cannot_be_read(separate, tmp_path):
    answer = separate("nowhere.wav text.wav run cat.flac run/processors/last.safetensors")
    assert answer.code == 2
    assert answer.err.splitlines() == [
        "error: nowhere.wav: no such file",
        "error: text.wav: empty, damaged, or no audio format that libsndfile reads",
        "error: run: it is a folder: name the files in it, such as FOLDER/*.wav",
        "error: run/processors/last.safetensors: it is no recording: "
        "give the option --separator again for every separator",
    ]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["cat_1.wav", "cat_2.wav"]


@pytest.mark.parametrize(
    ("line", "separator", "said"),
    [
        ("dog.wav", "", "the following arguments are required: --separator"),
        ("dog.wav", "--separator nowhere", "no separator nowhere: name a file"),
        ("dog.wav", "--separator dog.wav", "dog.wav is no safetensors file, or it is damaged"),
        ("dog.wav", "--separator run/checkpoints/last.ckpt", "last.ckpt is a checkpoint: name its run's folder, or a"),
        (
            "dog.wav",
            "--separator run/checkpoints",
            "no processors/last.safetensors in it; name the folder of",
        ),
        ("dog.wav", "--separator run --separator run", "two separators are called run: give them names"),
        ("dog.wav dog.wav", "--separator run", "two recordings are called dog: separate them into different folders"),
        ("dog.wav --chunk 0", "--separator run", "--chunk: invalid number of seconds above 0 value: '0'"),
        ("dog.wav --chunk inf", "--separator run", "--chunk: invalid number of seconds above 0 value: 'inf'"),
        ("dog.wav --overlap 6", "--separator run", "--chunk 10 --overlap 6: chunks must overlap by more than 0 s and"),
        ("dog.wav --chunk 1e-5", "--separator run", "--chunk 1e-05 --overlap 2e-06: chunks must overlap by more than"),
        ("dog.wav --chnk 5", "--separator run", "no option --chnk; did you mean --chunk?"),
    ],
)
def test_a_wrong_word_is_one_sentence(separate, tmp_path, line, separator, said):
    answer = separate(line, separator)
    assert answer.code == 2
    assert answer.err.startswith("error: ")
    assert len(answer.err.splitlines()) == 1
    assert said in answer.err
    assert not (tmp_path / "out").exists()


def test_no_recording_is_overwritten(refused, folder, tmp_path):
    for name in ("dog", "dog_2"):
        write_tone(tmp_path / f"{name}.wav")
    said = refused(f"separate {tmp_path}/dog.wav {tmp_path}/dog_2.wav --separator {folder}/run --out {tmp_path}")
    assert f"a channel of {tmp_path}/dog.wav would overwrite the recording {tmp_path}/dog_2.wav: choose another" in said


def test_a_folder_that_cannot_be_made_is_told(refused, folder):
    said = refused(f"separate {folder}/dog.wav --separator {folder}/run --out {folder}/text.wav")
    assert said == f"error: cannot make the folder {folder}/text.wav: File exists\n"
