"""Recordings heard in simulated rooms by several microphones, with their directions: what `data_sim render` wrote."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lightning_sepcl.data.corpus import Corpus, FileCorpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.dealing import dealt_out, refuse_shares
from lightning_sepcl.data.listing import line_of, refuse_repeats
from lightning_sepcl.data.manifest import DIRECTION_COLUMNS, SECOND_COLUMNS, Direction, Entry, Manifest
from lightning_sepcl.data.table import read_table
from lightning_sepcl.errors import UserError

MANIFEST = "manifest.csv"
SECOND, SECOND_LABEL = "recording_2", "label_2"
"""Columns of a second source."""
COLUMNS = ("file", "recording", "label", *DIRECTION_COLUMNS)


class SimulatedRoomsCorpus(FileCorpus):
    """The scenes of a rendered corpus, all microphones, with azimuth, elevation and distance.

    Labels and splits come from the corpus of the recordings if it is told; else a scene's label is the folder that its
    recording lay in, and recordings are dealt out to the splits by a seeded hash. Scenes with the same recording are
    never torn apart. Scenes with two sources have the labels and directions of both; those whose two recordings belong
    to different splits are left out.

    Args:
        root: the folder with `manifest.csv`; None takes `$SEPCL_DATA/rooms`.
        recordings: the corpus that was rendered, or a part of it; labels, splits and folds are then its own, and
            scenes with other recordings are left out. Files are told apart by as much of their paths as the manifest
            has.
        val_share: share of the recordings for validation, 0 to 1; without `recordings`.
        test_share: share of the recordings for testing, 0 to 1; without `recordings`.
        split_seed: another seed deals the recordings out differently.
    """

    name = "rooms"
    folder, landmark = "rooms", MANIFEST
    layout = f"{MANIFEST} and the shards of audio that it names"
    url = "python -m data_sim render"

    def __init__(
        self,
        root: str | None = None,
        *,
        recordings: Corpus | None = None,
        val_share: float = 0.1,
        test_share: float = 0.1,
        split_seed: int = 0,
    ) -> None:
        super().__init__(root)
        refuse_shares(val_share, test_share)
        self.recordings, self.split_seed = recordings, split_seed
        self.val_share, self.test_share = val_share, test_share

    def manifest(self) -> Manifest:
        """One entry per scene, in the order of their numbers.

        Raises:
            UserError: a column is missing, a direction is no number, or a recording is unknown.
        """
        path = self.root / MANIFEST
        lines = read_table(path, COLUMNS)
        refuse_repeats((line["file"], line_of(path, i)) for i, line in enumerate(lines))
        if self.recordings is not None:
            return self._as_recordings(lines, path, self.recordings.manifest())
        names = [line[column] for column in ("recording", SECOND) for line in lines if line.get(column)]
        splits = dealt_out(names, self.val_share, self.test_share, self.split_seed)
        entries = _entries(lines, path, {name: _Played(split) for name, split in splits.items()})
        labels = {line.get(column, "") for column in ("label", SECOND_LABEL) for line in lines}
        return Manifest(entries, tuple(sorted(labels - {""})), _overlap(lines))

    def _as_recordings(self, lines: Sequence[Mapping[str, str]], path: Path, recordings: Manifest) -> Manifest:
        names = {line[column] for column in ("recording", SECOND) for line in lines if line.get(column)}
        own = _known(names, recordings.entries, path)
        entries = _entries(lines, path, {name: _Played(e.split, e.labels, e.fold) for name, e in own.items()})
        if not entries:
            raise UserError(
                f"{path} lists {lines[0]['recording']} and others, none of which is among the {len(recordings)} of "
                "`recordings`: name the data set that was rendered"
            )
        return Manifest(entries, recordings.vocabulary, recordings.multi_label or _overlap(lines))


def _known(names: Iterable[str], entries: Sequence[Entry], path: Path) -> dict[str, Entry]:
    """Which recording each name means, of those that are known: the folder that was rendered may lie above or below the
    root of the recordings, so that one path ends as the other reads."""
    whole: dict[tuple[str, ...], list[Entry]] = {}
    ends: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        parts = PurePosixPath(entry.path).parts
        whole.setdefault(parts, []).append(entry)
        for start in range(len(parts)):
            ends.setdefault(parts[start:], []).append(entry)
    known = {}
    for name in names:
        parts = PurePosixPath(name).parts
        found = ends.get(parts) or next((whole[end] for i in range(len(parts)) if (end := parts[i:]) in whole), [])
        if len(found) > 1:
            raise UserError(
                f"{path}: the recording {name} may be {found[0].path} or {found[1].path} of `recordings`, which have "
                "labels of their own: render the folder above, so that names tell which"
            )
        if found:
            known[name] = found[0]
    return known


@dataclass(frozen=True, slots=True)
class _Played:
    """What is known of a recording; its labels where they are not those of the scene's line."""

    split: str
    labels: tuple[str, ...] | None = None
    fold: int = 0

    def labels_or(self, own: str) -> tuple[str, ...]:
        if self.labels is not None:
            return self.labels
        return (own,) if own else ()


def _overlap(lines: Sequence[Mapping[str, str]]) -> bool:
    return any(line.get(SECOND) for line in lines)


def _entries(lines: Sequence[Mapping[str, str]], path: Path, played: Mapping[str, _Played]) -> tuple[Entry, ...]:
    """The scenes all of whose recordings are known and of one split."""
    entries = []
    for i, line in enumerate(lines):
        where = line_of(path, i)
        direction, first = _direction(line, where, DIRECTION_COLUMNS), played.get(line["recording"])
        if not line.get(SECOND):
            if first is not None:
                entries.append(_entry(line, direction, first.labels_or(line["label"]), first))
            continue
        direction += _direction(line, where, SECOND_COLUMNS)
        second = played.get(line[SECOND])
        if first is not None and second is not None and first.split == second.split:
            both = (*first.labels_or(line["label"]), *second.labels_or(line[SECOND_LABEL]))
            entries.append(_entry(line, direction, tuple(dict.fromkeys(both)), first))
    return tuple(entries)


def _entry(line: Mapping[str, str], direction: Direction, labels: tuple[str, ...], played: _Played) -> Entry:
    file, group = line["file"], line["recording"]
    return Entry(
        file.rpartition(".")[0], file, 0.0, None, labels, played.split, played.fold, group=group, direction=direction
    )


def _direction(line: Mapping[str, str], where: str, columns: tuple[str, ...]) -> Direction:
    try:
        azimuth, elevation, distance = (float(line[column]) for column in columns)
    except ValueError as error:
        raise UserError(f"{where}: {', '.join(columns)} should be numbers ({error})") from error
    if not (math.isfinite(azimuth + elevation + distance) and abs(elevation) <= 90 and distance >= 0):
        raise UserError(f"{where}: no direction has {azimuth:g}°, {elevation:g}° and {distance:g} m")
    return azimuth, elevation, distance


class SimulatedRooms(AudioDataModule):
    """Recordings heard in simulated rooms: several microphones, with class and direction.

    Args:
        root: the folder that `data_sim render` wrote; None takes `$SEPCL_DATA/rooms`.
        recordings: the data set that was rendered, such as ESC50, or a part of it: labels and splits are then its own,
            and scenes with other recordings are left out. None: the label is the folder a recording lay in, and
            recordings are dealt out by a seeded hash.
        val_share: share of the recordings for validation, 0 to 1; without `recordings`.
        test_share: share of the recordings for testing, 0 to 1; without `recordings`.
        split_seed: another seed deals the recordings out differently.
        mono: mix the microphones down to one, which loses all directions.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str | None = None,
        recordings: AudioDataModule | None = None,
        val_share: float = 0.1,
        test_share: float = 0.1,
        split_seed: int = 0,
        mono: bool = False,
        **kwargs: Any,
    ) -> None:
        corpus = SimulatedRoomsCorpus(
            root,
            recordings=None if recordings is None else recordings.corpus,
            val_share=val_share,
            test_share=test_share,
            split_seed=split_seed,
        )
        super().__init__(corpus, mono=mono, **kwargs)
