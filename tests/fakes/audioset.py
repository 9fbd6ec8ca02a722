"""A tiny AudioSet: genuine lists and names, tones for sounds."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.tone import write_tone

CLASSES = (
    ("/m/09x0r", "Speech"),
    ("/m/05zppz", "Male speech, man speaking"),
    ("/m/0jbk", "Animal"),
    ("/m/06mb1", "Rain"),
    ("/t/dd00088", "Gush"),
)
COMMENTS = (
    "# Segments csv created Sun Mar  5 10:54:31 2017",
    "# num_ytids=3, num_segs=3, num_unique_labels=5, num_positive_labels=5",
    "# YTID, start_seconds, end_seconds, positive_labels",
)
BALANCED = {"--PJHxphWEs": (30, "/m/09x0r,/t/dd00088"), "Yb0RFKhbpFJ": (0, "/m/0jbk"), "a_a_a_a_a_0": (5, "/m/06mb1")}
UNBALANCED = {"-0049e-ZS64": (10, "/m/05zppz,/m/09x0r"), "zzzzzzzzzz1": (20, "/m/06mb1")}
EVAL = {"--4gqARaEJE": (0, "/m/0jbk,/m/06mb1"), "x-x-x-x-x-x": (120, "/m/09x0r")}
LISTS = {"balanced_train": BALANCED, "unbalanced_train": UNBALANCED, "eval": EVAL}


def write_audioset(root: Path, seconds: float = 0.2) -> Path:
    """Official lists in `metadata`, every clip as `audios/<list>_segments/Y<id>.wav`."""
    write_class_labels(root / "metadata" / "class_labels_indices.csv")
    for name, videos in LISTS.items():
        lines = [f'{video}, {start}.000, {start + 10}.000, "{mids}"' for video, (start, mids) in videos.items()]
        (root / "metadata" / f"{name}_segments.csv").write_text("\n".join((*COMMENTS, *lines)) + "\n")
        for number, video in enumerate(videos):
            hz = 200 + 50 * number
            write_tone(root / "audios" / f"{name}_segments" / f"Y{video}.wav", hz=hz, seconds=seconds)
    return root


def write_class_labels(path: Path) -> Path:
    """`class_labels_indices.csv` with five classes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f'{number},{mid},"{name}"' for number, (mid, name) in enumerate(CLASSES)]
    path.write_text("\n".join(("index,mid,display_name", *lines)) + "\n")
    return path
