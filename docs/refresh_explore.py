"""Make the pictures of docs/explore.md anew: a light one of a clip and its neighbours, a dark one of one taken apart.

    PYTHONPATH=. python docs/refresh_explore.py embeddings.npz --labels labels.csv --separator RUN

Takes the options of `sepcl explore`. docs/explore.md says how the embeddings of the pictures were made. Needs Chromium.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from lightning_sepcl.cli.explore import parser, site_of
from lightning_sepcl.explore.page.routes import Routes
from lightning_sepcl.explore.page.server import PageServer
from tests.fakes.browser import Page, browser_page, save

PICTURES = Path(__file__).resolve().parent / "pictures"
NEAR, APART = "3-120526-A-37.ogg", "5-194930-A-1.ogg"
"""The clips that are shown: a clock alarm, a rooster."""
WIDTH, HEIGHT = 1280, 800
STILL = "!!document.body && document.body.dataset.ready !== undefined && canvas.map.frames > 0 && !canvas.map.morph"
LOADED = "[...document.images].every((image) => image.complete)"


def choose(page: Page, row: int) -> None:
    """Choose a clip, and wait until what is near it is seen and it is heard."""
    page.run(f"canvas.map.dispatchEvent(new CustomEvent('choose', {{detail: {row}}}))")
    page.until("document.querySelectorAll('#chosen .row').length > 0 && audio.currentTime > 1")
    page.run("audio.pause()")


def main() -> None:
    """Serve the page, look at it twice."""
    site = site_of(parser().parse_args(sys.argv[1:]))
    site.map.start()
    site.map.wait()
    rows = {path: int((site.clips.embeddings.file == i).argmax()) for i, path in enumerate(site.clips.embeddings.paths)}
    with PageServer(Routes(site)) as server, browser_page() as page:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name, clip, dark in (("explore-light", NEAR, False), ("explore-dark", APART, True)):
            page.open(server.address, WIDTH, HEIGHT, dark)
            page.until(STILL)
            choose(page, rows[clip])
            if dark:
                page.run("document.getElementById('separate').click()")
                page.until("document.querySelectorAll('.channel').length > 0")
            page.until(LOADED)
            save(PICTURES / f"{name}.png", page.screenshot())
        server.shutdown()


if __name__ == "__main__":
    main()
