"""AudioSet: ten-second clips of YouTube videos with several of 527 classes each. Clips that vanished are counted."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from lightning_sepcl.audio.files import AUDIO_SUFFIXES
from lightning_sepcl.data.class_labels import read_class_labels
from lightning_sepcl.data.clip_names import NAMES, FoundClips, match_clips, walk
from lightning_sepcl.data.corpus import FileCorpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.dealing import place, refuse_share
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.data.segments import Segment, read_segments
from lightning_sepcl.errors import UserError

log = logging.getLogger(__name__)

CLASS_LABELS = "class_labels_indices.csv"
BALANCED, UNBALANCED = "balanced_train_segments.csv", "unbalanced_train_segments.csv"
EVAL = "eval_segments.csv"
TRAIN_LISTS = {"balanced": (BALANCED,), "unbalanced": (UNBALANCED,), "all": (BALANCED, UNBALANCED)}
DOWNLOADS = "http://storage.googleapis.com/us_audioset/youtube_corpus/v1/csv"
SECONDS = 10.0

Subset = Literal["balanced", "unbalanced", "all"]


class AudioSetCorpus(FileCorpus):
    """The clips of the official lists that are there, found by their names wherever they lie below the root.

    The lists and `class_labels_indices.csv` may lie anywhere below the root too. The lists' evaluation part is for
    testing; a share of the training videos is held out for validation.

    Args:
        root: the folder with the clips; None takes `$SEPCL_DATA/AudioSet`.
        subset: lists that are trained on: `balanced` (22 thousand clips), `unbalanced` (two million) or `all` of both.
        metadata: folder with the lists, if they do not lie below the root.
        labels: `class_labels_indices.csv`, if it lies in neither.
        val_share: share of the training videos for validation, 0 to 1.
        split_seed: another seed holds other videos out.
        max_missing: share of the listed clips, 0 to 1, that may be absent; None is any.

    Source: J. F. Gemmeke et al., Audio Set: An Ontology and Human-Labeled Dataset for Audio Events, 2017. The scenes
    paper (Fonseca et al. 2021, section 4.1) holds out 5 % of the training part.
    """

    name = "audioset"
    folder, landmark = "AudioSet", ""
    layout = f"clips named {NAMES}, with {BALANCED}, {EVAL} and {CLASS_LABELS}, nested as you like"
    url = "https://research.google.com/audioset/download.html"
    aside = ("given_root", "metadata", "labels", "max_missing")

    def __init__(
        self,
        root: str | None = None,
        *,
        subset: Subset = "balanced",
        metadata: str | None = None,
        labels: str | None = None,
        val_share: float = 0.05,
        split_seed: int = 0,
        max_missing: float | None = None,
    ) -> None:
        super().__init__(root)
        refuse_share("val_share", val_share)
        if max_missing is not None:
            refuse_share("max_missing", max_missing)
        self.subset, self.metadata, self.labels = subset, metadata, labels
        self.val_share, self.split_seed, self.max_missing = val_share, split_seed, max_missing
        self._absent: tuple[str, ...] | None = None

    @cached_property
    def root(self) -> Path:  # asked for once per clip, so it is looked up once only
        """The folder with the clips."""
        return super().root

    def manifest(self) -> Manifest:
        """One entry per clip that is there, list by list and in the lists' order."""
        files = list(walk(self.root))
        tables = [file for file in files if file.endswith(".csv")]
        classes = read_class_labels(self._file(CLASS_LABELS, tables, self.labels))
        paths = {name: self._file(name, tables) for name in (*TRAIN_LISTS[self.subset], EVAL)}
        lists = {name: read_segments(path, classes) for name, path in paths.items()}
        _refuse_shared({paths[name]: segments for name, segments in lists.items()})
        found = match_clips(files, [segment for segments in lists.values() for segment in segments])
        self._tell(lists, found)
        entries = (
            self._entry(segment, name, found.path_of[segment.key])
            for name, segments in lists.items()
            for segment in segments
            if segment.key in found.path_of
        )
        return Manifest(tuple(entries), classes.names, multi_label=True)

    def absent(self) -> tuple[str, ...]:
        """Keys of the listed clips that are not there, sorted."""
        if self._absent is None:
            self.manifest()
        return self._absent or ()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_absent": None}  # a long list that processes which read clips have no use for

    def _lies_in(self, place: Path) -> bool:
        return place.is_dir()

    def _file(self, name: str, files: Sequence[str], given: str | None = None) -> Path:
        """Where a list lies."""
        if given is not None:
            return Path(given).expanduser()
        folder = self.root if self.metadata is None else Path(self.metadata).expanduser()
        found = [file for file in files if file.rpartition("/")[2] == name] if self.metadata is None else [name]
        if len(found) > 1:
            raise UserError(
                f"{name} lies in several places below {folder}: {', '.join(found[:3])}; keep one, or set metadata to "
                "the folder with the right one"
            )
        if not found or not (folder / found[0]).is_file():
            remedy = f"set {'labels to it' if name == CLASS_LABELS else 'metadata to its folder'}"
            where = "below" if self.metadata is None else "in"
            raise UserError(f"no {name} {where} {folder}: get it from {DOWNLOADS}/{name}, or {remedy}")
        return folder / found[0]

    def _entry(self, segment: Segment, name: str, path: str) -> Entry:
        split = "test" if name == EVAL else "val" if self._is_held_out(segment.video) else "train"
        return Entry(segment.key, path, 0.0, None, segment.labels, split, 0, group=segment.video)

    def _is_held_out(self, video: str) -> bool:
        return place(video, self.split_seed) < self.val_share

    def _tell(self, lists: dict[str, list[Segment]], found: FoundClips) -> None:
        """Count what is missing and what is there but not listed.

        Raises:
            UserError: none of the clips is there, or more are missing than allowed.
        """
        absent = {name: [s.key for s in several if s.key not in found.path_of] for name, several in lists.items()}
        self._absent = tuple(sorted(key for keys in absent.values() for key in keys))
        listed, missing = sum(map(len, lists.values())), len(self._absent)
        if not found.path_of:
            raise UserError(
                f"none of the {listed} clips that {' and '.join(lists)} list is below {self.root}, where "
                f"{len(found.others)} audio file(s) lie{_example(found.others)}. Clips are recognised by names such as "
                f"{NAMES}, with <id> as in the lists, and may end in {', '.join(sorted(AUDIO_SUFFIXES))}"
            )
        if missing:
            shares = ", ".join(f"{len(absent[name])} of {len(lists[name])} in {name}" for name in lists)
            log.warning("%s: %d listed clip(s) are not there and left out: %s", self.name, missing, shares)
        if self.max_missing is not None and missing > self.max_missing * listed:
            enough = math.ceil(1000 * missing / listed) / 1000
            raise UserError(
                f"{missing} of {listed} listed clips are not below {self.root} ({self._absent[0]} for one), more than "
                f"max_missing={self.max_missing} allows: get them, or set it to {enough}"
            )
        for what, files in (("hold no clip of", found.others), ("are further copies of clips of", found.copies)):
            if files:
                log.warning(
                    "%d audio file(s) in %s %s %s and left out%s",
                    len(files), self.root, what, " and ".join(lists), _example(files),
                )  # fmt: skip


def _refuse_shared(lists: dict[Path, list[Segment]]) -> None:
    seen: dict[Path, set[str]] = {}
    for path, segments in lists.items():
        keys = {segment.key for segment in segments}
        for other, others in seen.items():
            if shared := sorted(keys & others):
                raise UserError(
                    f"{len(shared)} segment(s) are listed in both {other} and {path}, such as {shared[0]}: remove them "
                    "from one of the lists"
                )
        seen[path] = keys


def _example(files: Sequence[str]) -> str:
    return f", e.g. {files[0]}" if files else ""


class AudioSet(AudioDataModule):
    """AudioSet for training and evaluation: 527 classes, several per clip of 10 s.

    Args:
        root: the folder with the clips, the lists of segments and `class_labels_indices.csv`, nested as you like; None
            takes `$SEPCL_DATA/AudioSet`.
        subset: lists that are trained on: `balanced` (22 thousand clips), `unbalanced` (two million) or `all` of both.
        metadata: folder with the lists, if they do not lie below the root.
        labels: `class_labels_indices.csv`, if it lies in neither.
        val_share: share of the training videos for validation, 0 to 1.
        split_seed: another seed holds other videos out.
        max_missing: share of the listed clips, 0 to 1, that may be absent; None is any. Absent clips are left out and
            counted in the run's record.
        clip_seconds: as in `AudioDataModule`.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str | None = None,
        subset: Subset = "balanced",
        metadata: str | None = None,
        labels: str | None = None,
        val_share: float = 0.05,
        split_seed: int = 0,
        max_missing: float | None = None,
        clip_seconds: float | None = SECONDS,
        **kwargs: Any,
    ) -> None:
        corpus = AudioSetCorpus(
            root,
            subset=subset,
            metadata=metadata,
            labels=labels,
            val_share=val_share,
            split_seed=split_seed,
            max_missing=max_missing,
        )
        super().__init__(corpus, clip_seconds=clip_seconds, **kwargs)
