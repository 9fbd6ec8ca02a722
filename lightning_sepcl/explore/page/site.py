"""Everything the page of a collection shows, and what it says of itself when it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from jaxtyping import Float32
from numpy.typing import NDArray

from lightning_sepcl.explore.page.answer import JSON, Answer
from lightning_sepcl.explore.page.background_map import BackgroundMap
from lightning_sepcl.explore.page.channels import Channels
from lightning_sepcl.explore.page.clips import Clips
from lightning_sepcl.explore.page.example import MOST_BYTES, Examples
from lightning_sepcl.explore.page.groups import Groups

MEDIA_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
               ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}  # fmt: skip
FRONT = "index.html"


@dataclass(frozen=True)
class Site:
    """A page about a collection.

    Attributes:
        clips: the collection.
        map: its map of neighbours, perhaps still in the making.
        plane: the principal plane, (row, 2).
        groups: what points are coloured by.
        examples: searches with files; or a sentence that says why it cannot.
        channels: takes clips apart; None without a separator.
    """

    clips: Clips
    map: BackgroundMap
    plane: Float32[NDArray[Any], "row 2"]
    groups: Sequence[Groups]
    examples: Examples | str
    channels: Channels | None

    def about(self) -> dict[str, Any]:
        """What the page needs to know first."""
        found, root = self.clips.embeddings, self.clips.root.resolve()
        return {
            "title": root.name or str(root),
            "method": f"{found.origin.method}, {found.origin.readout}",
            "window_seconds": found.origin.window_seconds,
            "files": found.paths,
            "seconds": np.round(found.seconds, 3).tolist(),
            "file": found.file.tolist(),
            "start": np.round(found.start, 3).tolist(),
            "end": np.round(found.end, 3).tolist(),
            "groups": [{"title": g.title, "names": g.names, "of": g.of} for g in self.groups],
            "no_examples": self.examples if isinstance(self.examples, str) else "",
            "most_bytes": MOST_BYTES,
            "channels": self.channels is not None,
        }

    def progress(self) -> dict[str, Any]:
        """How far the map of neighbours is."""
        return {"share": self.map.share, "ready": self.map.places is not None, "failed": self.map.failed}


def static_files() -> dict[str, Answer]:
    """The files the page is made of, by name; they lie in the package."""
    folder = resources.files("lightning_sepcl.explore.page") / "static"
    names = [entry.name for entry in folder.iterdir() if entry.is_file()]
    types = {name: MEDIA_TYPES.get(name[name.rfind(".") :], JSON) for name in names}
    return {name: Answer((folder / name).read_bytes(), types[name]) for name in names}
