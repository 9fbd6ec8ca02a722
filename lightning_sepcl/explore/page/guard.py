"""Who may ask the page's server: a browser on this machine that was opened on the page itself, and nobody else.

A page from elsewhere that runs in the same browser can send requests to 127.0.0.1 too. What gives it away: a name of
its own in `Host` (one that was made to lead to 127.0.0.1, DNS rebinding), its address in `Origin`, or that the browser
says the request came from another site (`Sec-Fetch-Site`). Other users of the machine do not know the key in the
address.

Source: W3C, "Fetch Metadata Request Headers"; RFC 6454, section 7.
"""

from __future__ import annotations

import re
import secrets
from email.message import Message

HOST = re.compile(r"(127\.0\.0\.1|localhost)(:\d{1,5})?")
"""Any port: one that is forwarded by ssh has another number on the far side."""
OWN = ("same-origin", "none")
"""`none`: the address was typed, or opened by another program."""


def new_key() -> str:
    """A key for an address that nobody guesses."""
    return secrets.token_urlsafe(12)


def why_refused(headers: Message) -> str:
    """A sentence; empty where the request may be answered."""
    host = headers.get("Host", "")
    if len(headers.get_all("Host", [])) != 1 or not HOST.fullmatch(host):
        return "this page is for 127.0.0.1 and localhost alone"
    if headers.get("Origin", f"http://{host}") != f"http://{host}":
        return "pages from elsewhere may not ask here"
    if headers.get("Sec-Fetch-Site", "none") not in OWN:
        return "pages from elsewhere may not ask here: open the address by itself"
    return ""


def behind_key(path: str, key: str) -> str | None:
    """The rest of a path that begins with the key; None for any other path.

    >>> behind_key("/abc/sound/3", "abc"), behind_key("/abd/sound/3", "abc")
    ('sound/3', None)
    """
    given, slash, rest = path.removeprefix("/").partition("/")
    return rest if slash and secrets.compare_digest(given.encode(), key.encode()) else None
