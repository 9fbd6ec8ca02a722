from __future__ import annotations

from xml.etree import ElementTree

from lightning_sepcl.report.drawing import ACCENT, INK, style, svg


def drawn(name="first"):
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(3, 2))
        axis = figure.subplots()
        axis.plot([0, 1], [1, 2], color=ACCENT, marker="o", label="ours")
        axis.legend()
    return svg(figure, name, 'a "small" <line> & more')


def test_ink_and_accent_are_those_of_the_page():
    text = drawn()
    assert "currentColor" in text
    assert "var(--accent)" in text
    assert INK not in text
    assert ACCENT not in text


def test_it_is_one_well_formed_element_with_a_description():
    root = ElementTree.fromstring(drawn())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("aria-label") == 'a "small" <line> & more'
    assert root.find("metadata") is None


def test_every_reference_has_its_target_and_pictures_do_not_share_ids():
    import re

    first, second = drawn("first"), drawn("second")
    ids = set(re.findall(r'id="([^"]+)"', first))
    assert set(re.findall(r'href="#([^"]+)"', first)) | set(re.findall(r"url\(#([^)]+)\)", first)) <= ids
    assert not ids & set(re.findall(r'id="([^"]+)"', second))


def test_the_same_figure_gives_the_same_bytes():
    assert drawn() == drawn()
