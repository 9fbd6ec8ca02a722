"""A picture of the upper part of a page on disk, in 128 colours; needs Chromium on the PATH.

python docs/screenshot.py runs/site/html/index.html docs/pictures/site.png
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import tempfile
from pathlib import Path


def screenshot(page: Path, picture: Path, width: int, height: int) -> bool:
    """Write `picture` at three quarters of the size in pixels; False where there is no browser to draw it."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        return False
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "page.png"
        size = f"--window-size={width},{height}"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size, f"--screenshot={shot}"]
        subprocess.run([browser, *flags, page.resolve().as_uri()], check=True, capture_output=True)
        image = Image.open(shot).convert("RGB").resize((width * 3 // 4, height * 3 // 4), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    image.quantize(128).save(content, "PNG", optimize=True)
    picture.parent.mkdir(exist_ok=True)
    picture.write_bytes(content.getvalue())
    return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A picture of the upper part of a page.")
    parser.add_argument("page", type=Path, help="HTML file")
    parser.add_argument("picture", type=Path, help="PNG to write")
    parser.add_argument("--width", type=int, default=1400, help="of the window, pixels (default: %(default)s)")
    parser.add_argument("--height", type=int, default=1000, help="of the window, pixels (default: %(default)s)")
    given = parser.parse_args()
    if not screenshot(given.page, given.picture, given.width, given.height):
        raise SystemExit("no Chromium here: the picture stays as it is")
