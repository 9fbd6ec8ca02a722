from __future__ import annotations

import math

import pytest
from matplotlib import image

from lightning_sepcl.data.manifest import Entry
from lightning_sepcl.data.measuring import ClipFigures
from lightning_sepcl.data.statistics import SplitStatistics, Statistics
from lightning_sepcl.report.data_figure import data_figure, save_data_figure


def made(labels, clips=40, seconds=lambda i: 1.0 + i / 10, splits=("train", "val"), levels=lambda i: -20.0 - i):
    """Statistics of clips whose label goes round; every second one of a split has none of the last labels."""
    parts = []
    for split in splits:
        part = SplitStatistics(split)
        for i in range(clips):
            names = (labels[i % len(labels)],) if labels else ()
            entry = Entry(f"{i}", f"{i}.wav", 0.0, None, names, split, 0)
            part.add(ClipFigures(f"{i}", seconds(i), levels(i), 0.5, (i % 10) / 10, 16000, 1, "WAV PCM_16"), entry)
        parts.append(part)
    return Statistics("made", tuple(labels), False, tuple(parts), (), 0)


def panels(figure):
    return {axis.get_title(loc="left"): axis for axis in figure.axes}


def names(axis):
    return [text.get_text() for text in axis.get_yticklabels()]


def test_every_axis_has_a_name_with_its_unit():
    found = panels(data_figure(made(["dog", "cat"])))
    assert {title: axis.get_xlabel() for title, axis in found.items()} == {
        "Length": "length of a clip (s)",
        "Level": "level (RMS, dB re full scale)",
        "Digital silence": "frames below -80 dB in a clip (%)",
        "Labels, all 2": "clips with the label",
        "Kinds of files": "clips",
    }
    assert all(axis.get_ylabel() for axis in list(found.values())[:3])


def test_bars_count_every_clip():
    found = panels(data_figure(made(["dog", "cat"], clips=40)))
    assert sum(bar.get_height() for bar in found["Length"].containers[0]) == 40
    assert [bar.get_width() for bar in found["Labels, all 2"].containers[0]] == [20, 20]
    assert sum(bar.get_width() for bar in found["Kinds of files"].containers[1]) == 40


def test_silence_is_the_share_of_clips_with_more():
    (axis,) = [a for t, a in panels(data_figure(made(["dog"], clips=10, splits=("test",)))).items() if "silence" in t]
    x, y = axis.lines[0].get_data()
    at = dict(zip(x.round(1), y.round(1), strict=True))
    assert (at[0.0], at[45.0], at[90.0]) == (90.0, 50.0, 0.0)


LABELS = {
    3: ["Labels, all 3"],
    16: ["Labels, all 16"],
    20: ["Labels, all 20", ""],
    40: ["The most frequent of 40 labels", "The rarest"],
}


@pytest.mark.parametrize(("count", "titles"), LABELS.items())
def test_as_many_labels_as_can_be_read(count, titles):
    found = panels(data_figure(made([f"label_{i}" for i in range(count)], clips=count)))
    assert [title for title in found if "abel" in title or title in ("", "The rarest")] == titles
    assert all(len(names(found[title])) <= 16 for title in titles)
    assert names(found[titles[0]])[0] == "label 0"


def test_labels_that_never_occur_are_counted_not_drawn():
    found = panels(data_figure(made([f"label {i}" for i in range(100)], clips=20)))
    assert "The rarest; 80 are in no clip" in found
    assert names(found["The rarest; 80 are in no clip"]) == [f"label {i}" for i in range(16, 20)]


def test_odd_data_sets_are_drawn(tmp_path):
    odd = {
        "none": made([]),
        "one": made(["dog"], clips=1),
        "wide": made(["dog"], seconds=lambda i: 0.01 * 1.5**i),
        "silent": made(["dog"], levels=lambda i: -math.inf),
    }
    for name, statistics in odd.items():
        save_data_figure(statistics, tmp_path / f"{name}.png", name)
        assert image.imread(tmp_path / f"{name}.png").shape[1] == 1650
    assert panels(data_figure(odd["wide"]))["Length"].get_xscale() == "log"


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_the_suffix_says_the_format(tmp_path, suffix):
    save_data_figure(made(["dog"]), tmp_path / f"a.{suffix}")
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert (tmp_path / f"a.{suffix}").read_bytes().startswith(start)
