"""A real browser without a window, driven by the DevTools protocol through a pair of pipes; no library needed.

Source: https://chromedevtools.github.io/devtools-protocol/ ; messages are JSON that end with a zero byte.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio",
    "--no-first-run", "--autoplay-policy=no-user-gesture-required", "--remote-debugging-pipe",
]  # fmt: skip
PATIENCE_SECONDS = 60.0
POLL_SECONDS = 0.1


class Page:
    """One tab."""

    def __init__(self, requests: int, answers: int) -> None:
        self._out, self._in = os.fdopen(requests, "wb", 0), os.fdopen(answers, "rb", 0)
        self._number, self._held, self._session = 0, b"", ""
        self.events: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something and wait for its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        while (found := self._next()).get("id") != self._number:
            self.events.append(found)
        if "error" in found:
            raise RuntimeError(f"{method}: {found['error']}")
        return found["result"]

    def run(self, script: str) -> Any:
        """The value of an expression in the page; promises are waited for."""
        found = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description", found))
        return found["result"].get("value")

    def until(self, script: str) -> Any:
        """Wait until an expression is true; returns its value."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not (value := self.run(script)):
            if time.monotonic() > end:
                raise TimeoutError(f"never true: {script}")
            time.sleep(POLL_SECONDS)
        return value

    def open(self, address: str, width: int = 1280, height: int = 800, dark: bool = False, touch: bool = False) -> None:
        """Show an address in a window of this size."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.send("Emulation.setEmulatedMedia", features=scheme)
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        self.send("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")

    def mouse(self, kind: str, x: float, y: float, buttons: int = 0) -> None:
        """`kind`: mouseMoved, mousePressed, mouseReleased."""
        button = "left" if buttons or kind == "mouseReleased" else "none"
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=buttons, clickCount=1)

    def click(self, x: float, y: float) -> None:
        """Of the left button."""
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, 1)
        self.mouse("mouseReleased", x, y)

    def key(self, key: str, code: int) -> None:
        """Press and release a key by its name and number, such as "ArrowLeft" and 37."""
        text = {"text": key} if len(key) == 1 else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def screenshot(self) -> bytes:
        """A PNG of what is seen."""
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def complaints(self) -> list[str]:
        """What the page's scripts raised, and what the browser refused to load."""
        self.run("1")  # all events before its answer are there
        raised = [e["params"]["exceptionDetails"] for e in self.events if e.get("method") == "Runtime.exceptionThrown"]
        logged = [e["params"]["entry"] for e in self.events if e.get("method") == "Log.entryAdded"]
        return [str(e.get("exception", {}).get("description", e)) for e in raised] + [
            f"{e['text']} {e.get('url', '')}" for e in logged if e["level"] == "error"
        ]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._held:
            block = os.read(self._in.fileno(), 1 << 16)
            if not block:
                raise RuntimeError("the browser is gone")
            self._held += block
        message, _, self._held = self._held.partition(b"\0")
        return json.loads(message)

    def close(self) -> None:
        """The pipes."""
        self._out.close()
        self._in.close()


@contextmanager
def browser_page() -> Iterator[Page]:
    """A tab of a browser of its own, which ends with the block."""
    assert BROWSER is not None
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as home:
        command = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        process = subprocess.Popen(
            ["/bin/bash", "-c", command, BROWSER, *FLAGS, f"--user-data-dir={home}"],
            pass_fds=(theirs_in, theirs_out), start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"HOME": home},
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        page = None
        try:
            page = Page(ours_out, ours_in)
            yield page
        finally:
            if page is not None:
                page.close()
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def save(path: Path, png: bytes) -> None:
    """Write a screenshot in 256 colours, a third of the size of one with all."""
    import io

    from PIL import Image

    Image.open(io.BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
