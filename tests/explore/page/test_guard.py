from __future__ import annotations

from email.message import Message

import pytest

from lightning_sepcl.explore.page.guard import behind_key, new_key, why_refused


def headers(*pairs):
    message = Message()
    for name, value in pairs:
        message[name] = value
    return message


@pytest.mark.parametrize(
    "pairs",
    [
        [("Host", "127.0.0.1:8000")],
        [("Host", "localhost:8000"), ("Origin", "http://localhost:8000"), ("Sec-Fetch-Site", "same-origin")],
        [("Host", "localhost"), ("Sec-Fetch-Site", "none")],
    ],
)
def test_the_page_itself_may_ask(pairs):
    assert why_refused(headers(*pairs)) == ""


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [("Host", "evil.example:8000")],
        [("Host", "127.0.0.1.evil.example:8000")],
        [("Host", "localhost:8000@evil.example")],
        [("Host", "0.0.0.0:8000")],
        [("Host", "127.0.0.1:8000"), ("Host", "evil.example")],
        [("Host", "127.0.0.1:8000"), ("Origin", "http://evil.example")],
        [("Host", "127.0.0.1:8000"), ("Origin", "http://127.0.0.1:9000")],
        [("Host", "127.0.0.1:8000"), ("Origin", "https://127.0.0.1:8000")],
        [("Host", "127.0.0.1:8000"), ("Origin", "null")],
        [("Host", "127.0.0.1:8000"), ("Sec-Fetch-Site", "cross-site")],
        [("Host", "127.0.0.1:8000"), ("Sec-Fetch-Site", "same-site")],
    ],
)
def test_nobody_else_may(pairs):
    assert why_refused(headers(*pairs))


def test_the_key_stands_first_and_whole():
    key = new_key()
    assert key != new_key()
    assert behind_key(f"/{key}/", key) == ""
    assert behind_key(f"/{key}/a/b", key) == "a/b"
    for path in ("/", f"/{key}", f"/{key[:-1]}/a", f"//{key}/", "/é/", ""):
        assert behind_key(path, key) is None
