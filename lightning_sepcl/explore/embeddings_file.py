"""The file a collection's embeddings lie in, written whole or not at all: `.npz`, or `.parquet` for data frames.

npz: `about` (JSON: an `Origin`), `paths`, `seconds`, `window_file`, `start`, `end`, `h` as in `Embeddings`, and with
frames `frame_h`, `frame_time`, `frame_offsets`. Nothing in it is pickled.

parquet: a row per window with the columns `path`, `seconds`, `start`, `end`, `h`; frames lie beside it in
`NAME.frames.parquet` with the columns `path`, `time`, `h`. The origin stands under `sepcl` in the files' metadata.

All embeddings are float32: a second of sound has one or two frames of some hundred numbers, a fortieth of the bytes of
the sound itself, and half-precision columns are unknown to many readers of parquet.
"""

from __future__ import annotations

import importlib
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lightning_sepcl.errors import DISK_FULL, UserError
from lightning_sepcl.explore.embeddings import Array, Embeddings, Frames, Origin

SUFFIXES = (".npz", ".parquet")


def read_embeddings(path: Path) -> Embeddings:
    """The embeddings a file holds.

    Raises:
        UserError: no such file, or not written by `sepcl embed`.
    """
    if not path.is_file():
        raise UserError(f"no file {path}: name one that `sepcl embed` wrote")
    if path.suffix == ".parquet":
        return _read_parquet(path)
    return embeddings_of(read_arrays(path), path)


def write_embeddings(path: Path, embeddings: Embeddings) -> None:
    """Write beside and rename; the suffix says the format.

    Raises:
        UserError: another suffix, pyarrow is missing, or the disk is full.
    """
    check_suffix(path)
    if path.suffix == ".parquet":
        _write_parquet(path, embeddings)
    else:
        write_whole(path, lambda file: np.savez(file, **arrays_of(embeddings)))


def check_suffix(path: Path) -> None:
    """Whether embeddings can be written to a file of this name, to be asked before the work is done.

    Raises:
        UserError: the suffix is unknown, its library is missing, or there is no such folder.
    """
    if path.suffix not in SUFFIXES:
        raise UserError(f"{path} must end in {' or '.join(SUFFIXES)}")
    if path.suffix == ".parquet":
        _pyarrow()
    if path.is_dir():
        raise UserError(f"{path} is a folder")
    if not path.parent.is_dir():
        raise UserError(f"no folder {path.parent}: make it first")


def read_arrays(path: Path) -> dict[str, Array]:
    """All arrays of an npz.

    Raises:
        UserError: it is damaged, or none.
    """
    try:
        with path.open("rb") as file:  # which numpy leaves open if there is something wrong with it
            found = np.load(file, allow_pickle=False)
            arrays = {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} cannot be read as embeddings: it is damaged, or no file of `sepcl embed`") from error
    return {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}  # a checkpoint is a zip too


def arrays_of(embeddings: Embeddings) -> dict[str, Array]:
    """The arrays of an npz."""
    arrays = {
        "about": np.array(json.dumps(asdict(embeddings.origin))),
        "paths": np.array(embeddings.paths, dtype=np.str_),
        "window_file": embeddings.file,
        **{name: getattr(embeddings, name) for name in ("seconds", "start", "end", "h")},
    }
    if (frames := embeddings.frames) is not None:
        arrays |= {"frame_h": frames.h, "frame_time": frames.time, "frame_offsets": frames.offsets}
    return arrays


def embeddings_of(arrays: dict[str, Array], path: Path) -> Embeddings:
    """The embeddings that the arrays of an npz hold; `path` is for the message.

    Raises:
        UserError: they are not what `arrays_of` gives.
    """
    try:
        frames = None
        if "frame_h" in arrays:
            frames = Frames(arrays["frame_h"], arrays["frame_time"], arrays["frame_offsets"])
        numbers = {name: arrays[name] for name in ("seconds", "start", "end", "h")}
        paths, origin = tuple(map(str, arrays["paths"])), _origin(str(arrays["about"]))
        return Embeddings(paths, file=arrays["window_file"], **numbers, frames=frames, origin=origin)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} holds no embeddings of recordings (it has {', '.join(sorted(arrays)) or 'nothing'}): "
            "name a file that `sepcl embed` wrote"
        ) from error


def write_whole(path: Path, fill: Callable[[BinaryIO], Any]) -> None:
    """Let `fill` write a file that appears under its name only when it is complete and on the disk.

    Raises:
        UserError: the disk is full; nothing is left behind then.
    """
    beside = path.with_name(f".{path.name}.unfinished")  # one name, so that a killed job leaves no litter
    try:
        with beside.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise UserError(f"the disk of {path.parent.absolute()} is full: make room and run again") from error
        raise
    finally:
        beside.unlink(missing_ok=True)


def frames_file(path: Path) -> Path:
    """Where the frames lie that belong to a parquet file."""
    return path.with_suffix(".frames.parquet")


def _origin(about: str) -> Origin:
    return Origin(**json.loads(about))


def _pyarrow() -> Any:
    try:
        importlib.import_module("pyarrow.parquet")  # which also makes it an attribute of pyarrow
        return importlib.import_module("pyarrow")
    except ImportError as error:
        raise UserError(
            f"parquet files need pyarrow ({error}): pip install 'lightning_sepcl[parquet]', or use .npz"
        ) from error


def _write_parquet(path: Path, embeddings: Embeddings) -> None:
    pa = _pyarrow()
    paths, file = np.array(embeddings.paths), embeddings.file
    columns = {
        "path": paths[file], "seconds": embeddings.seconds[file], "start": embeddings.start, "end": embeddings.end,
    }  # fmt: skip
    if (frames := embeddings.frames) is not None:
        of_frame = {"path": np.repeat(paths, np.diff(frames.offsets)), "time": frames.time}
        _write_table(pa, frames_file(path), of_frame, frames.h, embeddings.origin)
    else:
        frames_file(path).unlink(missing_ok=True)  # of an earlier collection
    _write_table(pa, path, columns, embeddings.h, embeddings.origin)


def _write_table(pa: Any, path: Path, columns: dict[str, Array], h: Array, origin: Origin) -> None:
    rows = pa.FixedSizeListArray.from_arrays(pa.array(h.ravel()), h.shape[1])
    table = pa.table({**{name: pa.array(values) for name, values in columns.items()}, "h": rows})
    table = table.replace_schema_metadata({"sepcl": json.dumps(asdict(origin))})
    write_whole(path, lambda file: pa.parquet.write_table(table, file))


def _read_parquet(path: Path) -> Embeddings:
    columns, h, about = _read_table(path, ("path", "seconds", "start", "end"))
    paths, first, file = _numbered(columns["path"])
    frames = None
    if frames_file(path).is_file():
        of_frame, frame_h, _ = _read_table(frames_file(path), ("path", "time"))
        counts = np.bincount(np.searchsorted(paths, of_frame["path"].astype(np.str_)), minlength=len(paths))
        frames = Frames(frame_h, of_frame["time"], np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
    numbers = {"seconds": columns["seconds"][first], "file": file, "start": columns["start"], "end": columns["end"]}
    return Embeddings(tuple(map(str, paths)), **numbers, h=h, frames=frames, origin=_origin(about))


def _numbered(names: Array) -> tuple[Array, Array, Array]:
    """The different names in order, the first row of each, and the number of each row's name."""
    paths, first, file = np.unique(names.astype(np.str_), return_index=True, return_inverse=True)
    return paths, first, file.astype(np.int64)


def _read_table(path: Path, names: tuple[str, ...]) -> tuple[dict[str, Array], Array, str]:
    pa = _pyarrow()
    try:
        table = pa.parquet.read_table(path)
        about = table.schema.metadata[b"sepcl"].decode()
        columns = {name: table[name].to_numpy() for name in names}
        h = table["h"].combine_chunks()
        numbers = h.flatten().to_numpy().reshape(len(h), -1)
    except (pa.ArrowException, KeyError, TypeError) as error:
        raise UserError(f"{path} holds no embeddings of recordings: name a file that `sepcl embed` wrote") from error
    return columns, np.array(numbers), about
