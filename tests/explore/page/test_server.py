from __future__ import annotations

import http.client
import socket
import threading
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.page.server import PageServer


@pytest.fixture
def server(routes):
    with PageServer(routes) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def ask(server):
    """Sends a request and gives back status, headers and body."""

    def send(path, method="GET", body=None, inside=True, **headers):
        whole = f"/{server.key}/{path}" if inside else path
        with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)) as connection:
            connection.request(method, whole, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    return send


def test_it_listens_to_this_machine_alone(server):
    assert server.server_address[0] == "127.0.0.1"
    parts = urlsplit(server.address)
    assert (parts.hostname, parts.port, parts.path) == ("127.0.0.1", server.server_port, f"/{server.key}/")


def test_the_page_is_served_and_may_load_nothing_from_elsewhere(ask):
    status, headers, body = ask("")
    assert status == 200
    assert b"<canvas" in body
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", ["/", "/about", "/wrong-key/about", "/../about", "//about", "/about/../../etc/passwd"])
def test_nothing_is_told_without_the_key(ask, path):
    status, _, body = ask(path, inside=False)
    assert status == 404
    assert b"open the address that sepcl explore printed" in body


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "sound/0"), ("GET", "about"), ("POST", "example"), ("HEAD", "")])
def test_pages_from_elsewhere_are_refused(ask, headers, method, path):
    status, answered, body = ask(path, method, b"" if method == "POST" else None, **headers)
    assert status == 403
    assert b"RIFF" not in body
    assert "Access-Control-Allow-Origin" not in answered


@pytest.mark.parametrize(
    "path", ["../about", "sound/../../../outside.wav", "..%2f..%2foutside.wav", "kept/..", "sound/9"]
)
def test_no_path_leads_out(ask, path):
    status, _, body = ask(path)
    assert status == 404
    assert b"RIFF" not in body


def test_parts_of_a_sound(ask, tmp_path):
    whole = (tmp_path / "recordings/a/one.wav").read_bytes()
    status, headers, body = ask("sound/0?plays=wav")
    assert (status, body, headers["Accept-Ranges"]) == (200, whole, "bytes")
    status, headers, body = ask("sound/0?plays=wav", Range="bytes=100-199")
    assert (status, body) == (206, whole[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert headers["Content-Length"] == "100"
    status, headers, body = ask("sound/0?plays=", Range="bytes=-10")
    assert (status, len(body)) == (206, 10)
    status, headers, body = ask("sound/0?plays=wav", Range=f"bytes={len(whole)}-")
    assert (status, body, headers["Content-Range"]) == (416, b"", f"bytes */{len(whole)}")
    status, headers, body = ask("about", Range="bytes=0-3")
    assert status == 200


def test_head_tells_the_length_alone(ask, tmp_path):
    status, headers, body = ask("sound/0?plays=wav", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) == (tmp_path / "recordings/a/one.wav").stat().st_size


def test_one_connection_serves_many_requests(server):
    with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)) as connection:
        for _ in range(3):
            connection.request("GET", f"/{server.key}/about")
            assert connection.getresponse().read().startswith(b"{")


def test_a_large_upload_is_refused_without_being_read(server):
    with closing(socket.create_connection(("127.0.0.1", server.server_port), timeout=20)) as connection:
        head = f"POST /{server.key}/example HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 422")  # this page has no search at all


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_unknown(ask, method):
    status, headers, _ = ask("about", method)
    assert status == 501
    assert "Access-Control-Allow-Methods" not in headers


def test_a_fault_is_told_here_and_in_the_terminal(ask, server, monkeypatch, capsys):
    monkeypatch.setattr(server.routes, "get", lambda path, query: 1 / 0)
    status, _, body = ask("about")
    assert status == 500
    assert b"division by zero" in body
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(server, routes):
    with pytest.raises(UserError, match=f"port {server.server_port} cannot be used"):
        PageServer(routes, server.server_port)
    with pytest.raises(UserError, match="port 99999 cannot be used"):
        PageServer(routes, 99999)
