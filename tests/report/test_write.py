from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.cli.report import run as run_verb
from lightning_sepcl.errors import UserError
from lightning_sepcl.ledger.run_record import merge_record
from lightning_sepcl.report.write import write_report

VOID = {"meta", "img", "br", "path", "use", "image", "rect"}


class Checker(HTMLParser):
    """Collects elements and finds what is opened but not closed, or the other way round."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.tags, self.sources = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.sources += [v for k, v in attributes if k in ("src", "href", "xlink:href") and v]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(tag)


def checked(path):
    checker = Checker()
    checker.feed(path.read_text())
    assert checker.wrong == []
    assert checker.open == []
    return checker


@pytest.fixture(scope="module")
def page(fake, tmp_path_factory):
    run = fake.write_run(tmp_path_factory.mktemp("runs") / "demo")
    merge_record(run, status="complete", command="sepcl fit --x '<b>'", steps=600, seconds_fit=131.0)
    return write_report(run, fake.tone)


@pytest.fixture
def light(fake, tmp_path):
    """A run of which only the test set was kept: 5 clips of each class."""
    fake.write_config(tmp_path / "light")
    fake.write_embeddings(tmp_path / "light", clips_per_class=5)
    return tmp_path / "light"


def test_a_complete_page(page):
    checker = checked(page)
    assert checker.tags.count("svg") == 5
    assert checker.tags.count("audio") == 8 * 5
    text = page.read_text()
    for words in (
        "<b>0.883</b>",
        "logistic regression on frozen h",
        "chance",
        "2 min 11 s",
        "class_path: SimCLR",
        "seed 0",
    ):
        assert words in text
    assert "No results.json" not in text


def test_it_needs_nothing_from_outside_and_is_small(page):
    checker = checked(page)
    assert all(source.startswith(("data:", "#")) for source in checker.sources)
    assert not {"script", "link", "iframe"} & set(checker.tags)
    outside = set(re.findall(r"https?://[^\s\"'<)]+", page.read_text()))
    assert outside <= {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}  # names of formats, never loaded
    assert page.stat().st_size < 4e6


def test_ours_are_marked(page):
    text = page.read_text()
    assert re.findall(r"<tr class='ours'><td>([^<]+)", text) == ["embedding", "projection"]
    assert re.findall(r"<tr class='baseline'><td>([^<]+)", text) == ["log-mel mean+std", "untrained embedding"]


def test_what_comes_from_the_run_is_escaped(page):
    assert "&lt;b&gt;" in page.read_text()


def test_without_audio_the_neighbours_are_still_named_and_the_page_is_the_same_each_time(light):
    text = write_report(light, None).read_text()
    assert "<audio" not in text
    assert "--root FOLDER_OF_THE_AUDIO" in text
    assert text.count("cosine ") >= 32
    assert write_report(light).read_text() == text


def test_clips_that_are_not_found_are_told(fake, light):
    def some(key):
        if not key.startswith("bell"):
            raise KeyError(key)
        return fake.tone(key)

    text = write_report(light, some).read_text()
    assert "of the clips were not found" in text
    assert text.count("<audio") == 5


def test_a_run_without_results_tells_so_and_draws_its_curves(fake, tmp_path):
    fake.write_config(tmp_path / "run")
    fake.write_log(tmp_path / "run", 0, fake.training_rows(range(60)))
    path = write_report(tmp_path / "run")
    checked(path)
    text = path.read_text()
    assert "No results.json: the run was not evaluated yet" in text
    assert "Learning curves" in text
    assert text.count("<svg") == 1


def test_a_test_set_without_labels_or_with_one_clip(fake, tmp_path):
    for clips, sections in ((6, 1), (1, 0)):
        run = tmp_path / str(clips)
        fake.write_config(run)
        h = np.random.default_rng(0).standard_normal((clips, 4))
        keys = np.array([f"bell/{i}.wav" for i in range(clips)])
        np.savez(
            run / "embeddings.npz",
            keys=keys,
            target=np.zeros((clips, 2)),
            class_names=np.array(["a", "b"]),
            **{"h:z": h},
        )
        text = write_report(run).read_text()
        assert text.count("Nearest neighbours</h2>") == sections


def test_the_command_finds_audio_below_its_roots(fake, light, tmp_path, capsys):
    for name in fake.CLASSES:
        (tmp_path / "audio" / name).mkdir(parents=True)
    with np.load(light / "embeddings.npz") as file:
        for key in file["keys"]:
            sf.write(tmp_path / "audio" / str(key), fake.tone(str(key), 0.3)[0], fake.RATE)
    assert run_verb([str(light), "--root", str(tmp_path / "audio")]) == 0
    assert capsys.readouterr().out.strip() == str(light / "report.html")
    assert (light / "report.html").read_text().count("<audio") == 40


def test_no_such_run(tmp_path):
    with pytest.raises(UserError, match="no run "):
        run_verb([str(tmp_path / "nowhere")])
