"""The page in a real browser: what is drawn, clicked, typed, dropped and heard."""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lightning_sepcl.explore.embeddings import Embeddings, Origin
from lightning_sepcl.explore.page.background_map import BackgroundMap
from lightning_sepcl.explore.page.channels import Channels
from lightning_sepcl.explore.page.clips import Clips
from lightning_sepcl.explore.page.example import Examples
from lightning_sepcl.explore.page.groups import Groups, groups_of
from lightning_sepcl.explore.page.routes import Routes
from lightning_sepcl.explore.page.server import PageServer
from lightning_sepcl.explore.page.site import Site
from lightning_sepcl.explore.projection import principal_plane
from lightning_sepcl.explore.search import embed_query
from lightning_sepcl.explore.stored_map import write_map
from lightning_sepcl.report.strips import strips
from tests.explore.page.test_routes import Halves
from tests.explore.toy_embedder import ToyEmbedder
from tests.fakes.browser import BROWSER, browser_page
from tests.fakes.tone import write_tone

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome")

COUNT, LAST = 24, 24
"""Whole recordings, and the row of the first window of a longer one in a format that browsers do not play."""
READY = "document.body?.dataset.ready !== undefined && canvas.map.frames > 0 && !canvas.map.morph"


@contextmanager
def serving(site):
    with PageServer(Routes(site)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.address
        finally:
            server.shutdown()
            thread.join()
            site.map.stop()


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Tones in two folders and what a toy embedder says of them; a page with all it can do."""
    root = tmp_path_factory.mktemp("page")
    embedder = ToyEmbedder()
    origin = Origin(str(root), "a.ckpt", "0", "Toy", "embedding", 8000, 1, 2.0, 2.0, "0")
    paths = [f"{'high' if i % 2 else 'low'}/{i:02}.wav" for i in range(COUNT)] + ["low/long.aiff"]
    for i, path in enumerate(paths[:-1]):
        write_tone(root / path, (1500 if i % 2 else 200) + 20 * i, 2.0, 8000)
    write_tone(root / paths[-1], 300, 4.0, 8000)
    h = [embed_query(embedder, root / path, origin).h[0] for path in paths] * 2
    file = np.array([*range(COUNT + 1), COUNT])
    start = np.array([0.0] * (COUNT + 1) + [2.0])
    found = Embeddings(
        tuple(paths), np.array([2.0] * COUNT + [4.0]), file, start, start + 2, np.stack(h[: COUNT + 2]), None, origin
    )
    clips = Clips(found, root, strips)
    examples = Examples(clips, lambda path: embed_query(embedder, path, origin))
    groups = groups_of(paths, root, None)
    write_map(root / "map.npz", found.h, np.random.default_rng(0).normal(size=(COUNT + 2, 2)).astype(np.float32))
    map_ = BackgroundMap(found, root / "map.npz")
    map_.start()
    return Site(clips, map_, principal_plane(found.index), groups, examples, Channels(clips, Halves()))


@pytest.fixture(scope="module")
def browser():
    with browser_page() as page:
        yield page


@pytest.fixture
def page(browser, collection):
    with serving(collection) as address:
        browser.events.clear()
        browser.open(address)
        browser.until(READY)
        yield browser
        browser.run("audio.pause()")
    assert browser.complaints() == []


def place(page, row):
    """Where a point is on the screen."""
    script = f"(() => {{ const r = canvas.getBoundingClientRect(), p = canvas.map.placeOf({row});"
    return page.run(f"{script} return [p[0] + r.left, p[1] + r.top]; }})()")


def chosen(page):
    return page.run("chosen.querySelector('h2').textContent")


INKED = """(() => { const c = document.getElementById('canvas');
  const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
  let n = 0, x = 0, y = 0;
  for (let i = 3; i < d.length; i += 4) {
    if (d[i] > 40) { n++; x += (i >> 2) % c.width; y += Math.floor((i >> 2) / c.width); }
  }
  return [n, x / n, y / n]; })()"""


def test_the_map_draws_every_point(page):
    assert page.run(INKED)[0] > 26 * 20
    (left, top), (right, bottom) = (
        np.min([place(page, i) for i in range(26)], 0),
        np.max([place(page, i) for i in range(26)], 0),
    )
    assert 0 < left < 200
    assert 660 < right < 880  # the map's own 880 pixels
    assert top > 50
    assert bottom < 800
    colours = page.run("[...document.querySelectorAll('#legend circle')].map((c) => c.getAttribute('fill'))")
    assert len(set(colours)) == 2
    x, y = place(page, 3)
    shot = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    expected = [int(page.run("canvas.map.colours[canvas.map.of[3]]")[i : i + 2], 16) for i in (1, 3, 5)]
    assert np.abs(shot[round(y), round(x)].astype(int) - expected).max() < 30


def test_a_click_plays_the_clip_and_shows_what_is_near(page, collection):
    page.click(*place(page, 5))
    page.until("audio.currentTime > 0.1")
    assert page.run("audio.src").endswith("sound/5?plays=" + page.run("audio.src").partition("plays=")[2])
    assert chosen(page) == "05.wav"
    page.until("document.querySelectorAll('#chosen .row').length === 12")
    rows = page.run("[...document.querySelectorAll('#chosen .row')].map((r) => +r.dataset.clip)")
    scores = page.run("[...document.querySelectorAll('#chosen output')].map((o) => +o.textContent)")
    assert 5 not in rows
    assert scores == sorted(scores, reverse=True)
    assert rows == [found["row"] for found in collection.clips.near(5)]
    assert page.run("canvas.map.linked") == rows
    page.until("[...document.images].every((i) => i.complete && i.naturalWidth > 0 || i.loading === 'lazy')")


def test_a_neighbour_plays_without_leaving_the_clip_and_can_be_gone_to(page):
    page.click(*place(page, 5))
    page.until("document.querySelectorAll('#chosen .row').length === 12")
    row = page.run("+document.querySelector('#chosen .row').dataset.clip")
    page.run("document.querySelector('#chosen .row .play').click()")
    page.until(f"audio.src.includes('sound/{row}?') && audio.currentTime > 0")
    assert chosen(page) == "05.wav"
    assert page.run("document.querySelector('#chosen .row .play').getAttribute('aria-label')") == f"Pause {row:02}.wav"
    page.run("document.querySelector('#chosen .row .play').click()")
    page.until("audio.paused")
    page.run("document.querySelector('#chosen .row .go').click()")
    page.until(f"chosen.querySelector('h2').textContent === '{row:02}.wav'")


def test_a_click_into_the_picture_plays_from_there(page):
    page.click(*place(page, 5))
    page.until("audio.currentTime > 0")
    page.run("audio.pause()")
    x, y, width = page.run(
        "(({x, y, width}) => [x, y, width])(document.querySelector('.strip').getBoundingClientRect())"
    )
    page.click(x + 0.75 * width, y + 20)
    assert page.until("audio.currentTime >= 1.4 && audio.currentTime") < 2.01
    page.until("document.querySelector('.strip i').style.left.slice(0, -1) > 65")


def test_a_window_of_a_file_that_browsers_do_not_play_is_heard(page):
    page.run(f"canvas.map.dispatchEvent(new CustomEvent('choose', {{detail: {LAST + 1}}}))")
    page.until("audio.currentTime > 0.1")
    assert page.run("audio.duration") == pytest.approx(2.0, abs=0.01)
    assert "2.0 – 4.0 s" in page.run("chosen.querySelector('.facts').textContent")


def test_the_map_is_dragged_zoomed_and_made_whole_again(page):
    before, (_, x0, y0) = place(page, 0), page.run(INKED)
    page.mouse("mousePressed", 400, 400, 1)
    page.mouse("mouseMoved", 380, 400, 1)
    page.run("window.began = canvas.map.frames")
    page.mouse("mouseMoved", 350, 430, 1)
    page.until("canvas.map.frames > began")
    page.mouse("mouseReleased", 350, 430)
    after = place(page, 0)
    assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((-50, 30), abs=0.01)
    _, x1, y1 = page.run(INKED)
    assert x1 < x0 - 10
    assert y1 > y0 + 10
    assert page.run("audio.paused")  # a drag is no click
    x, y = place(page, 7)
    page.send("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-400)
    page.until("canvas.map.view.zoom > 1.5")
    assert place(page, 7) == pytest.approx([x, y], abs=1.5)  # pointers stand on whole pixels
    page.run("whole.click()")
    assert place(page, 0) == pytest.approx(before)


def test_keys_go_from_clip_to_clip(page):
    page.click(*place(page, 5))
    page.until("audio.currentTime > 0")
    x, _ = place(page, 5)
    page.key("ArrowRight", 39)
    page.until("chosen.querySelector('h2').textContent !== '05.wav'")
    assert place(page, page.run("canvas.map.chosen"))[0] > x
    page.until("!audio.paused && audio.currentTime > 0")
    page.key(" ", 32)
    page.until("audio.paused")
    page.key("+", 187)
    assert page.run("canvas.map.view.zoom") == 1.5
    page.key("Escape", 27)
    assert page.run("canvas.map.chosen") == -1
    page.key("/", 191)
    assert page.run("document.activeElement.id") == "filter"


def test_a_filter_dims_and_lists(page):
    page.run("filter.focus()")
    page.send("Input.insertText", text="HIGH 1")
    page.until("!matches.hidden")
    listed = page.run("[...document.querySelectorAll('#matches .row')].map((r) => +r.dataset.clip)")
    assert listed == [1, 11, 13, 15, 17, 19, 21]
    assert page.run("[...canvas.map.bright.keys()].filter((i) => canvas.map.bright[i])") == listed
    assert page.run("matches.querySelector('h3').textContent") == "7 clips match"
    assert page.run("canvas.map.pick(...canvas.map.placeOf(0)) !== 0")
    page.key("Escape", 27)
    assert page.run("matches.hidden && canvas.map.bright === null")


def test_a_group_of_the_legend_stands_out(page):
    page.run("document.querySelector('#legend li:nth-child(2) button').click()")
    assert page.run("[...canvas.map.bright].reduce((a, b) => a + b)") == 12
    page.run("document.querySelector('#legend li:nth-child(2) button').click()")
    assert page.run("canvas.map.bright") is None


def test_hovering_names_the_clip(page):
    page.mouse("mouseMoved", *place(page, 9))
    page.until("!tip.hidden")
    assert page.run("tip.textContent") == "09.wavhigh"
    page.mouse("mouseMoved", 1200, 600)
    page.until("tip.hidden")


DROP = """(async () => {{ const body = await (await fetch('{0}')).blob(); const carried = new DataTransfer();
  carried.items.add(new File([body], '{1}')); const more = {{dataTransfer: carried, bubbles: true, cancelable: true}};
  document.body.dispatchEvent(new DragEvent('dragenter', more)); const shown = !document.getElementById('drop').hidden;
  document.body.dispatchEvent(new DragEvent('drop', more));
  return shown && document.getElementById('drop').hidden; }})()"""


def test_a_dropped_file_finds_what_is_like_it(page):
    assert page.run(DROP.format("sound/6?plays=wav", "mine.wav")) is True
    page.until("document.querySelectorAll('#chosen .row').length === 12")
    assert chosen(page) == "mine.wav"
    assert page.run("+document.querySelector('#chosen .row').dataset.clip") == 6
    assert page.run("document.querySelector('#chosen output').textContent") == "1.00"
    page.until("audio.src.includes('kept/example') && audio.currentTime > 0.1")
    assert page.run("canvas.map.star.length") == 2


def test_a_dropped_file_that_cannot_be_read_is_a_sentence(page):
    page.run(DROP.format("about", "notes.wav"))
    page.until("!message.hidden")
    assert "notes.wav: empty, damaged, or no audio format" in page.run("message.querySelector('p').textContent")
    page.until("!pick.disabled")
    page.run("message.querySelector('button').click()")
    assert page.run("message.hidden")
    page.events.clear()  # Chromium logs every answer of 422 as an error


def test_a_clip_is_taken_apart(page):
    page.click(*place(page, 5))
    page.until("!!document.getElementById('separate')")
    page.run("document.getElementById('separate').click()")
    page.until("document.querySelectorAll('.channel').length === 2")
    assert page.run("[...document.querySelectorAll('.channel p')].map((p) => p.textContent.slice(-4))") == [
        "25 %",
        "75 %",
    ]
    page.until("[...document.querySelectorAll('.channel img')].every((i) => i.complete && i.naturalWidth > 0)")
    page.run("document.querySelectorAll('.channel .play')[1].click()")
    page.until("audio.src.includes('kept/channel-5-2-sound') && audio.currentTime > 0")


def test_the_other_plane_is_glided_to(page, collection):
    before = place(page, 0)
    page.run("document.querySelector('[value=principal]').click()")
    page.until(f"Math.abs(canvas.map.placeOf(0)[0] + canvas.getBoundingClientRect().left - {before[0]}) > 1")
    page.until("!canvas.map.morph")
    plane = np.frombuffer(Routes(collection).get("plane/principal", "").body, "<f4").reshape(-1, 2)
    seen = np.array([place(page, row) for row in range(COUNT + 2)])
    for axis, sign in ((0, 1), (1, -1)):  # up is up
        assert np.corrcoef(seen[:, axis], plane[:, axis])[0, 1] == pytest.approx(sign)


def test_the_page_fits_dark_and_narrow_screens(browser, collection):
    with serving(collection) as address:
        browser.open(address, 360, 740, dark=True, touch=True)
        browser.until(READY)
        assert browser.run("document.documentElement.scrollWidth") <= 360
        assert browser.run("legend.open") is False
        assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"


def test_ten_thousand_points_are_drawn_and_follow_the_pointer(browser, collection, tmp_path):
    """A frame or two after the pointer moves, everything has moved; however long a frame takes here."""
    count = 10_000
    rng = np.random.default_rng(0)
    start, file = np.zeros(count), np.arange(count)
    names = tuple(f"{i % 40}/{i}.wav" for i in range(count))
    h = rng.normal(size=(count, 4)).astype(np.float32)
    found = Embeddings(names, np.full(count, 2.0), file, start, start + 2, h, None, collection.clips.embeddings.origin)
    write_map(tmp_path / "map.npz", found.h, rng.normal(size=(count, 2)).astype(np.float32))
    map_ = BackgroundMap(found, tmp_path / "map.npz")
    map_.start()
    groups = [Groups("folder", tuple(map(str, range(40))), tuple(i % 40 for i in range(count)))]
    clips = Clips(found, tmp_path, strips)
    with serving(
        replace(collection, clips=clips, map=map_, plane=principal_plane(found.index), groups=groups)
    ) as address:
        browser.open(address)
        browser.until(READY)
        inked, x0, _ = browser.run(INKED)
        assert inked > 20_000
        browser.mouse("mousePressed", 400, 400, 1)
        browser.mouse("mouseMoved", 390, 400, 1)
        browser.run("""window.ticks = 0; window.moved = null; window.began = canvas.map.frames;
          canvas.addEventListener('pointermove', () => { const from = window.ticks;
            const wait = () => canvas.map.frames > began ? moved = ticks - from : requestAnimationFrame(wait);
            wait(); }, {once: true});
          (function tick() { ticks++; requestAnimationFrame(tick); })()""")
        browser.mouse("mouseMoved", 300, 400, 1)
        assert browser.until("moved !== null && [moved]")[0] <= 3
        browser.mouse("mouseReleased", 300, 400)
        assert browser.run(INKED)[1] < x0 - 20
        for row in (0, 1234, 9999):
            near = browser.run(f"canvas.map.pick(...canvas.map.placeOf({row}))")
            assert near == row or np.allclose(place(browser, near), place(browser, row), atol=0.01)
        assert browser.complaints() == []
