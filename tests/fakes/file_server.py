"""A server on this machine that serves bytes, well or badly, and notes what it was asked for."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """How one path is answered.

    `fails` are answers to give first: a status, or minus the number of bytes after which the connection breaks;
    `silent_after` is the byte of the file behind which nothing comes any more.
    """

    data: bytes
    etag: str | None = None
    modified: str | None = None
    ranges: bool = True
    lengths: bool = True
    heeds_if_range: bool = True
    fails: list[int] = field(default_factory=list)
    redirect: str | None = None
    bytes_per_second: float = 0.0
    retry_after: str | None = None
    silent_after: int = 0

    def __post_init__(self) -> None:
        if self.etag is None:
            self.etag = f'"{hashlib.md5(self.data, usedforsecurity=False).hexdigest()}"'


class FileServer:
    """`with FileServer() as server:` serves `server.files`, by path; `server.requests` are (path, headers)."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []

    def __enter__(self) -> FileServer:
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()

    def ranges(self) -> list[str]:
        """The `Range` of every request, empty where there was none."""
        return [headers.get("Range", "") for _, headers in self.requests]


def _handler(server: FileServer) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            server.requests.append((path, dict(self.headers)))
            served = server.files.get(path)
            if served is None:
                return self.send_error(404)
            if served.redirect:
                self.send_response(302)
                self.send_header("Location", served.redirect)
                self.send_header("Content-Length", "0")
                return self.end_headers()
            failure = served.fails.pop(0) if served.fails else 0
            if failure > 0:
                self.send_response(failure)
                if served.retry_after:
                    self.send_header("Retry-After", served.retry_after)
                self.send_header("Content-Length", "0")
                return self.end_headers()
            return self._file(served, -failure)

        def _file(self, served: Served, break_after: int) -> None:
            begin = self._begin(served)
            if begin >= len(served.data) and begin:
                self.send_response(416)
                self.send_header("Content-Length", "0")
                return self.end_headers()
            body = served.data[begin:]
            self.send_response(206 if begin else 200)
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(served.data) - 1}/{len(served.data)}")
            for name, value in (("ETag", served.etag), ("Last-Modified", served.modified)):
                if value:
                    self.send_header(name, value)
            if served.lengths:
                self.send_header("Content-Length", str(len(body)))
            else:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            end = max(0, served.silent_after - begin) if served.silent_after else break_after or len(body)
            self._send(body[:end], served.bytes_per_second)
            if served.silent_after:
                time.sleep(1)
            if end < len(body):
                self.close_connection = True
            return None

        def _begin(self, served: Served) -> int:
            asked = self.headers.get("Range", "")
            condition = self.headers.get("If-Range")
            changed = served.heeds_if_range and condition not in (None, served.etag, served.modified)
            if not asked or not served.ranges or changed:
                return 0
            return int(asked.removeprefix("bytes=").rstrip("-"))

        def _send(self, body: bytes, bytes_per_second: float) -> None:
            step = 1 << 16 if not bytes_per_second else max(1, int(bytes_per_second / 50))
            try:
                for i in range(0, len(body), step):
                    self.wfile.write(body[i : i + step])
                    self.wfile.flush()
                    if bytes_per_second:
                        time.sleep(0.02)
            except (BrokenPipeError, ConnectionError):
                self.close_connection = True

    return Handler
