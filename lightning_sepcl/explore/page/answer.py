"""What the page's server gives back to one request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

JSON, TEXT, BYTES = "application/json", "text/plain; charset=utf-8", "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer.

    Attributes:
        body: its bytes, or the file that holds them.
        media_type: what they are.
        status: of HTTP.
        ranges: whether parts of it may be asked for, as players do.
    """

    body: bytes | Path
    media_type: str
    status: int = 200
    ranges: bool = False


def told(value: Any) -> Answer:
    """A value as JSON."""
    return Answer(json.dumps(value, separators=(",", ":")).encode(), JSON)


def refused(status: int, sentence: str) -> Answer:
    """A sentence that says why there is nothing; the page shows it."""
    return Answer(sentence.encode(), TEXT, status)
