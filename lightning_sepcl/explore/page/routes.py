"""Which part of a path asks for what. Clips are asked for by their numbers, so that no path of a file is ever given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any
from urllib.parse import parse_qs

import numpy as np

from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.page.answer import BYTES, Answer, refused, told
from lightning_sepcl.explore.page.example import MOST_BYTES
from lightning_sepcl.explore.page.site import FRONT, Site, static_files

OF_CLIP = re.compile(r"(sound|picture|near|channels)/(\d{1,9})")
KEPT = re.compile(r"kept/([a-z0-9-]{1,60})")
NOT_FOUND, TOO_LARGE, LENGTH_REQUIRED, UNPROCESSABLE, NOT_YET = 404, 413, 411, 422, 425


@dataclass(frozen=True, slots=True)
class Upload:
    """What came with a request.

    Attributes:
        content: its bytes, to be read.
        size: how many there are; None where the request does not say.
    """

    content: BufferedIOBase
    size: int | None


class Routes:
    """Answers requests for a page.

    Args:
        site: what the page is about.
    """

    def __init__(self, site: Site) -> None:
        self.site, self.static = site, static_files()

    def get(self, path: str, query: str) -> Answer:
        """An answer to GET; `path` is what follows the key."""
        if (clip := OF_CLIP.fullmatch(path)) is not None:
            return self._of_clip(clip[1], int(clip[2]), parse_qs(query))
        if (kept := KEPT.fullmatch(path)) is not None:
            return self.site.clips.shelf.get(kept[1]) or refused(NOT_FOUND, "this is not kept any more: ask again")
        if path == "about":
            return told(self.site.about())
        if path == "progress":
            return told(self.site.progress())
        if path in ("plane/principal", "plane/neighbours"):
            return self._plane(path.endswith("neighbours"))
        return self.static.get(path or FRONT) or refused(NOT_FOUND, "there is nothing at this address")

    def post(self, path: str, query: str, upload: Upload) -> Answer:
        """An answer to POST: a search with a file."""
        if path != "example":
            return refused(NOT_FOUND, "there is nothing at this address")
        if isinstance(self.site.examples, str):
            return refused(UNPROCESSABLE, self.site.examples)
        if upload.size is None:
            return refused(LENGTH_REQUIRED, "the request does not say how long the file is")
        if upload.size > MOST_BYTES:
            return refused(TOO_LARGE, f"a file may have {MOST_BYTES // 1_000_000} MB at most: cut out what you mean")
        name = parse_qs(query).get("name", ["the file"])[0][:200]
        try:
            return told(self.site.examples.found(name, upload.content, upload.size))
        except UserError as error:
            return refused(UNPROCESSABLE, str(error))

    def _of_clip(self, what: str, row: int, query: dict[str, list[str]]) -> Answer:
        clips = self.site.clips
        if row >= len(clips.embeddings.h):
            return refused(NOT_FOUND, f"there is no clip {row}")
        try:
            if what == "sound":
                return clips.sound(row, query.get("plays", [""])[0].split(","))
            if what == "picture":
                return clips.picture(row)
            if what == "near":
                return told(clips.near(row))
            if self.site.channels is None:
                return refused(NOT_FOUND, "no separator was named: start with --separator FILE")
            return told(self.site.channels.of(row))
        except UserError as error:
            return refused(NOT_FOUND, str(error))

    def _plane(self, neighbours: bool) -> Answer:
        places: Any = self.site.map.places if neighbours else self.site.plane
        if places is None:
            return refused(NOT_YET, "the map is not ready yet")
        return Answer(np.ascontiguousarray(places, "<f4").tobytes(), BYTES)
