"""The page of augmentations: one file, a picture and a sound for each."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.augment import WhiteNoise
from lightning_sepcl.cli.families import default_families
from lightning_sepcl.cli.gallery import plugins, write_gallery
from lightning_sepcl.cli.plugins import run
from lightning_sepcl.errors import UserError
from tests.cli import toy_suite

CLAR = ["PitchShift", "Fade", "WhiteNoise", "MixedNoise", "TimeMask", "TimeShift", "TimeStretch"]


def page_of(path, sound=None, seed=0):
    write_gallery(path, sound, seed, default_families(), [])
    return path.read_text()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return page_of(tmp_path_factory.mktemp("gallery") / "below/page.html")


def test_every_augmentation_of_clar_is_there_with_its_variants(page):
    names = re.findall(r'class="label">([^<]+)', page)
    assert names[0] == "as it is"
    assert set(CLAR) <= set(names)
    assert {f"{name}, variant: code" for name in CLAR if name != "TimeShift"} <= set(names)
    assert not {"Mix", "SpecAugment", "TorchAudiomentations"} & set(names)  # these need others, features, arguments


def test_everything_is_in_the_file_and_can_be_heard(page):
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page
    sounds = re.findall(r'<audio [^>]*src="data:audio/[a-z]+;base64,([^"]+)"', page)
    pictures = re.findall(r'<img src="data:image/png;base64,([^"]+)"', page)
    assert len(sounds) == len(pictures) == page.count('class="clip"') >= 14
    first, rate = sf.read(io.BytesIO(base64.b64decode(sounds[0])))
    assert rate == 16000
    assert len(first) == pytest.approx(32000, abs=2400)  # MP3 adds a little at both ends
    assert base64.b64decode(pictures[0]).startswith(b"\x89PNG")


def test_the_same_seed_gives_the_same_page_of_one_s_own_sound(tmp_path, monkeypatch):
    noise = ("WhiteNoise", "adds noise", WhiteNoise())
    monkeypatch.setattr("lightning_sepcl.cli.gallery.plugins", lambda families, modules: iter([noise]))
    sf.write(tmp_path / "tone.wav", 0.1 * np.sin(np.arange(4000) / 5), 8000)
    one = page_of(tmp_path / "a.html", tmp_path / "tone.wav")
    assert one == page_of(tmp_path / "b.html", tmp_path / "tone.wav")
    assert one != page_of(tmp_path / "c.html", tmp_path / "tone.wav", seed=1)
    assert "tone.wav" in one


def test_augmentations_of_a_file_of_one_s_own_are_shown_too():
    (family,) = (f for f in default_families() if f.name == "augmentation")
    known = len(list(plugins([family], [])))
    assert len(list(plugins([family], [toy_suite]))) >= known


@pytest.mark.parametrize(
    ("page", "sound", "said"),
    [
        ("page.png", None, "--gallery must end in .html"),
        ("page.html", "nowhere.wav", "no file nowhere.wav for --sound"),
    ],
)
def test_wrong_files_are_one_sentence(page, sound, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=said):
        write_gallery(Path(page), Path(sound) if sound else None, 0, default_families(), [])


def test_the_command(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("lightning_sepcl.cli.gallery.plugins", lambda families, modules: iter([]))
    assert run(["--gallery", str(tmp_path / "page.html")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "page.html")
