"""A server for one page on 127.0.0.1, from the standard library."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from typing import Any, cast

from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.page.answer import Answer, refused
from lightning_sepcl.explore.page.byte_range import UnsatisfiableRange, byte_range
from lightning_sepcl.explore.page.guard import behind_key, new_key, why_refused
from lightning_sepcl.explore.page.routes import Routes, Upload

LOOPBACK = "127.0.0.1"
COPY_BYTES = 1 << 18
IDLE_SECONDS = 60
"""After which a connection that says nothing is closed."""
FORBIDDEN, NOT_FOUND, UNSATISFIABLE, PARTIAL, WRONG = 403, 404, 416, 206, 500
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""With every answer: nothing from elsewhere, nothing for elsewhere, and no recording stays in the browser's cache."""


class PageServer(ThreadingHTTPServer):
    """Serves a page under an address that has a key in it.

    Args:
        routes: what there is to be asked for.
        port: 0 is any free one.

    Raises:
        UserError: the port is taken.
    """

    daemon_threads = True

    def __init__(self, routes: Routes, port: int = 0) -> None:
        self.routes, self.key = routes, new_key()
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except (OSError, OverflowError) as error:
            raise UserError(f"port {port} cannot be used ({error}): choose another, or 0 for any free one") from error

    @property
    def address(self) -> str:
        """Of the page."""
        return f"http://{LOOPBACK}:{self.server_port}/{self.key}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Browsers break connections off all the time: when a player jumps, when a page is closed."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server_version, sys_version = "sepcl", ""

    def do_GET(self) -> None:
        self._send(self._answer(lambda path, query: self._routes.get(path, query)))

    do_HEAD = do_GET

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        upload = Upload(self.rfile, int(length) if length.isdecimal() else None)
        self.close_connection = True  # a file that is refused is not read
        self._send(self._answer(lambda path, query: self._routes.post(path, query, upload)))

    def log_message(self, format: str, *args: Any) -> None:
        pass

    @property
    def _routes(self) -> Routes:
        return cast(PageServer, self.server).routes

    def _answer(self, ask: Callable[[str, str], Answer]) -> Answer:
        if why := why_refused(self.headers):
            return refused(FORBIDDEN, why)
        path, _, query = self.path.partition("?")
        inside = behind_key(path, cast(PageServer, self.server).key)
        if inside is None:
            return refused(NOT_FOUND, "there is nothing here: open the address that sepcl explore printed")
        try:
            return ask(inside, query)
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:
            traceback.print_exc()
            return refused(WRONG, f"something went wrong, see the terminal: {error}")

    def _send(self, answer: Answer) -> None:
        try:
            opened = _opened(answer.body)
        except OSError as error:
            return self._send(refused(NOT_FOUND, f"the file cannot be read: {error.strerror}"))
        with opened as file:
            size = file.seek(0, io.SEEK_END)
            try:
                part = byte_range(self.headers.get("Range"), size) if answer.ranges else None
            except UnsatisfiableRange:
                return self._head(Answer(b"", answer.media_type, UNSATISFIABLE), 0, f"bytes */{size}")
            wanted = range(size) if part is None else part
            told = "" if part is None else f"bytes {part.start}-{part.stop - 1}/{size}"
            self._head(answer, len(wanted), told)
            if self.command != "HEAD":
                self._copy(file, wanted)
        return None

    def _head(self, answer: Answer, length: int, content_range: str) -> None:
        partial = content_range and answer.status == 200
        self.send_response(PARTIAL if partial else answer.status)
        headers = {"Content-Type": answer.media_type, "Content-Length": str(length), **HEADERS}
        headers |= {"Accept-Ranges": "bytes"} if answer.ranges else {}
        headers |= {"Content-Range": content_range} if content_range else {}
        headers |= {"Connection": "close"} if self.close_connection else {}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _copy(self, file: BufferedIOBase, wanted: range) -> None:
        file.seek(wanted.start)
        left = len(wanted)
        while left and (block := file.read(min(left, COPY_BYTES))):
            self.wfile.write(block)
            left -= len(block)
        self.close_connection |= left > 0  # the file was cut while it was sent


def _opened(body: bytes | Path) -> BufferedIOBase:
    return body.open("rb") if isinstance(body, Path) else io.BytesIO(body)
