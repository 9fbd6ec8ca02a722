from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import soundfile as sf

from lightning_sepcl.explore.embeddings import Embeddings
from lightning_sepcl.explore.page.background_map import BackgroundMap
from lightning_sepcl.explore.page.clips import Clips
from lightning_sepcl.explore.page.groups import groups_of
from lightning_sepcl.explore.page.routes import Routes
from lightning_sepcl.explore.page.site import Site
from lightning_sepcl.explore.projection import principal_plane
from tests.fakes.tone import tone, write_tone

# path, rate, channels, seconds; the last two are listed, but not there or outside
FILES = [
    ("a/one.wav", 16000, 1, 2.0),
    ("a/two.flac", 22050, 2, 2.0),
    ("b/four.aiff", 8000, 1, 2.0),
    ("b/long.ogg", 8000, 1, 6.0),
    ("b/many.wav", 8000, 4, 2.0),
    ("b/text.wav", 8000, 1, 2.0),
    ("gone.wav", 8000, 1, 2.0),
    ("../outside.wav", 8000, 1, 2.0),
]
LONG, TEXT, GONE, OUTSIDE = 3, 7, 8, 9
"""Rows of the first of three windows of the long file, and of files that cannot be heard."""


def drawn(waves, sample_rate):
    """A stand-in for pictures that says what it was asked for."""
    return [f"{len(wave)} samples at {sample_rate} Hz".encode() for wave in waves]


@pytest.fixture
def embeddings(tmp_path, origin):
    """Of files in several formats: ten windows, of which three are of the long one."""
    root = tmp_path / "recordings"
    for i, (name, rate, channels, seconds) in enumerate(FILES):
        if not name.startswith("gone"):
            write_tone(root / name, 300 + 70 * i, seconds, rate, channels)
    (root / "b/text.wav").write_text("no audio")
    sf.write(root / "b/long.ogg", np.concatenate([tone(hz, 2.0, 8000) for hz in (300, 600, 900)]), 8000)
    file = np.array([0, 1, 2, 3, 3, 3, 4, 5, 6, 7])
    start = np.array([0.0, 0, 0, 0, 2, 4, 0, 0, 0, 0])
    h = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
    h[1] = h[0] * 1.01
    return Embeddings(
        tuple(name for name, *_ in FILES), np.array([seconds for *_, seconds in FILES]), file, start, start + 2.0, h,
        None, replace(origin, root=str(root), hop_seconds=2.0),
    )  # fmt: skip


@pytest.fixture
def site(embeddings, tmp_path):
    """A page about them, without a search and without a separator."""
    root = tmp_path / "recordings"
    clips = Clips(embeddings, root, drawn)
    plane = principal_plane(embeddings.index)
    groups = groups_of(embeddings.paths, root, None)
    return Site(clips, BackgroundMap(embeddings, tmp_path / "map.npz"), plane, groups, "no checkpoint", None)


@pytest.fixture
def routes(site):
    return Routes(site)
