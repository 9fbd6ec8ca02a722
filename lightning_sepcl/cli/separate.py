"""`sepcl separate in.wav --separator RUN --out DIR`: the channels that a separator makes of recordings, as files."""

from __future__ import annotations

import math
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import torch

from lightning_sepcl.audio.reading import UnreadableAudio, audio_seconds
from lightning_sepcl.cli.embed import at_least_one, device_named
from lightning_sepcl.cli.label_channels import THRESHOLD, Labelled, label_channels, labeller, write_labels, write_page
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.conditioning.conditioned import ConditionedSeparator
from lightning_sepcl.conditioning.patch_classifier import PatchClassifier
from lightning_sepcl.conditioning.saved_separator import load_any
from lightning_sepcl.errors import FAILED, UserError
from lightning_sepcl.explore.separate import Channel, SeparatedFile, channel_paths, separate_file
from lightning_sepcl.explore.stream import audio_blocks
from lightning_sepcl.methods.save_processors import FOLDER
from lightning_sepcl.progress import WholeSeconds, progress
from lightning_sepcl.report.separation_picture import Spectrogram, columns_for, save_separation, spectrogram
from lightning_sepcl.separation.base import Separator

CHUNK_SECONDS = 10.0
OVERLAP_SHARE = 0.2
"""Of a chunk. A TDCN++ of the published size looks 1.3 s to each side, so that 2 s give it most of what it looks at."""


def run(args: list[str]) -> int:
    """Separate recordings; prints a line per channel. Returns 2 if one of the recordings could not be separated."""
    given = _parser().parse_args(args)
    if given.threads is not None:
        torch.set_num_threads(given.threads)
    given.overlap = given.chunk * OVERLAP_SHARE if given.overlap is None else given.overlap
    separators = _separators(given)
    given.labellers = _labellers(given, separators)
    folders = {name: given.out / name if len(separators) > 1 else given.out for name in separators}
    _refuse_collisions(given.recordings, [(folders[name], separator) for name, separator in separators.items()])
    _make(folders.values())
    status = 0
    for path in given.recordings:
        try:
            _separate(path, separators, folders, given)
        except UnreadableAudio as error:
            status = _told(str(error))
        except UserError as error:
            status = _told(f"{path}: {error}")
        except OSError as error:  # a folder without permission, a disk that is full or fails
            status = _told(f"{path}: {error.strerror or error}")
    return status


def separator_file(path: Path) -> Path:
    """The separator a user means by a file or by the folder of a run, whose last one is taken.

    Raises:
        UserError: there is none, or it is a checkpoint.
    """
    if path.suffix == ".ckpt":
        raise UserError(
            f"--separator {path} is a checkpoint: name its run's folder, or a file of the folder's {FOLDER}/"
        )
    if not path.is_dir():
        return path
    last = path / FOLDER / "last.safetensors"
    if not last.is_file():
        raise UserError(
            f"--separator {path}: no {FOLDER}/last.safetensors in it; name the folder of a finished run that trained "
            "a separator, or a .safetensors file"
        )
    return last


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise ValueError
    return seconds


_seconds.__name__ = "number of seconds above 0"  # what argparse calls the type in its message


def _share(text: str) -> float:
    share = float(text)
    if not 0 < share < 1:
        raise ValueError
    return share


_share.__name__ = "number between 0 and 1"


def _parser() -> VerbParser:
    parser = VerbParser(
        "sepcl separate",
        "Write the channels a separator makes of recordings: any format libsndfile reads, any rate, any length. "
        "NAME.wav becomes DIR/NAME_1.wav, DIR/NAME_2.wav ...; several separators get a folder each.",
    )
    add = parser.add_argument
    add("recordings", type=Path, nargs="+", metavar="FILE", help="recordings; several channels are mixed down to one")
    add("--separator", action="append", required=True, metavar="FILE",
        help="a .safetensors separator, or the folder of a run: its last one; give the option again for several, "
        "NAME=FILE to name one")  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="folder to write to; made if it is not there")
    add("--chunk", type=_seconds, default=CHUNK_SECONDS, metavar="SECONDS",
        help="longer recordings are separated in chunks (default: %(default)g)")  # fmt: skip
    add("--overlap", type=_seconds, metavar="SECONDS", help="of neighbouring chunks (default: a fifth of a chunk)")
    add("--rate", choices=("separator", "original"), default="separator",
        help="sample rate of the channels: the separator's or the recording's (default: %(default)s)")  # fmt: skip
    add("--bits", type=int, choices=(16, 32), default=32,
        help="32: floating point, which never clips; 16: integers (default: %(default)d)")  # fmt: skip
    add("--picture", action="store_true", help="draw DIR/NAME.png: spectrograms of the recording and its channels")
    add(
        "--labels",
        action="store_true",
        help="name what is in each channel over time: prints it, and writes NAME_labels.csv and the page NAME.html",
    )
    add(
        "--classifier",
        type=Path,
        metavar="FILE",
        help="for --labels: a file of `sepcl save-classifier` (default: the one a conditioned separator has in it)",
    )
    add(
        "--threshold",
        type=_share,
        default=THRESHOLD,
        metavar="P",
        help="for --labels: probability from which a label counts as heard (default: %(default)g)",
    )
    add("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to compute (default: auto)")
    add("--threads", type=at_least_one, metavar="N", help="threads PyTorch may use")
    return parser


def _separators(given: Namespace) -> dict[str, Separator]:
    """By the name that their folder and their column of the picture get."""
    found: dict[str, Separator] = {}
    for text in given.separator:
        name, path = _named(text)
        if name in found:
            raise UserError(f"two separators are called {name}: give them names, --separator NAME=FILE")
        found[name] = usable_separator(path, given.device)
        _check_lengths(given.chunk, given.overlap, found[name].sample_rate)
    return found


def usable_separator(path: Path, device: str) -> Separator:
    """The separator of a file or of a run's folder, on `auto`, `cpu` or `cuda`.

    Raises:
        UserError: there is none, or it needs the clean sources.
    """
    separator = load_any(separator_file(path), device_named(device))
    if isinstance(separator, ConditionedSeparator) and separator.needs_sources:
        raise UserError(
            f"{path} is an oracle, which has to be told what is heard in the clean sources: recordings without them "
            "take embedding=mixture"
        )
    return separator


def _labellers(given: Namespace, separators: dict[str, Separator]) -> dict[str, PatchClassifier]:
    """A classifier for each separator's channels; none where no labels are asked for.

    Raises:
        UserError: there is none, or one is named that nobody asks.
    """
    if given.classifier is not None and not given.labels:
        raise UserError("--classifier names what --labels asks: give both")
    device = device_named(given.device)
    return {name: labeller(one, given.classifier, device) for name, one in separators.items() if given.labels}


def _named(text: str) -> tuple[str, Path]:
    """`NAME=FILE`, or a file or folder that gives its own name."""
    name, equals, rest = text.partition("=")
    if equals and name not in ("", ".", "..") and "/" not in name and not Path(text).exists():
        return name, Path(rest)
    path = Path(text)
    return (path.resolve().name if path.is_dir() else path.stem), path


def _check_lengths(chunk: float, overlap: float, sample_rate: int) -> None:
    if not 0 < 2 * round(overlap * sample_rate) <= round(chunk * sample_rate):
        raise UserError(
            f"--chunk {chunk:g} --overlap {overlap:g}: chunks must overlap by more than 0 s and at most half of a chunk"
        )


def _refuse_collisions(recordings: Sequence[Path], outputs: Sequence[tuple[Path, Separator]]) -> None:
    stems = sorted(path.stem for path in recordings)
    twice = next((one for one, other in pairwise(stems) if one == other), None)
    if twice is not None:
        raise UserError(f"two recordings are called {twice}: separate them into different folders")
    own = {path.resolve() for path in recordings}
    for folder, separator in outputs:
        for path in recordings:
            hit = next((p for p in channel_paths(path, folder, separator.sources) if p.resolve() in own), None)
            if hit is not None:
                raise UserError(f"a channel of {path} would overwrite the recording {hit}: choose another --out")


def _make(folders: Iterable[Path]) -> None:
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot make the folder {folder}: {error.strerror}") from error


def _separate(path: Path, separators: dict[str, Separator], folders: dict[str, Path], given: Namespace) -> None:
    if path.is_dir():
        raise UserError("it is a folder: name the files in it, such as FOLDER/*.wav")
    if path.suffix == ".safetensors":
        raise UserError("it is no recording: give the option --separator again for every separator")
    total = max(1, round(audio_seconds(path) * len(separators)))
    done: dict[str, SeparatedFile] = {}
    with progress(f"separating {path.name}, in seconds of audio", total) as tell:
        heard = WholeSeconds(tell)
        for name, separator in separators.items():
            done[name] = separate_file(
                separator, path, folders[name],
                chunk_seconds=given.chunk, overlap_seconds=given.overlap, original_rate=given.rate == "original",
                bits=given.bits, heard=heard,
            )  # fmt: skip
    print(_summary(done))
    for name, classifier in given.labellers.items():
        _label(done[name], classifier, folders[name], given.threshold)
    if given.picture:
        picture = given.out / f"{path.stem}.png"
        _draw(picture, path, done, separators)
        print(f"  {picture}")


def _label(done: SeparatedFile, classifier: PatchClassifier, folder: Path, threshold: float) -> None:
    found = label_channels(done, classifier, threshold)
    table, page = folder / f"{done.path.stem}_labels.csv", folder / f"{done.path.stem}.html"
    write_labels(table, found)
    facts = [_length(done), f"{len(classifier.classes)} classes", f"labels from {100 * threshold:g} % on"]
    write_page(page, done, found, facts)
    print(_heard_in(found))
    print(f"  {table}\n  {page}")


def _heard_in(found: Sequence[Labelled]) -> str:
    width = max(len(one.name) for one in found)
    return "\n".join(f"  {one.name:<{width}}  {one.told()}" for one in found)


def _summary(done: dict[str, SeparatedFile]) -> str:
    """What the recording was, and a line per channel."""
    any_of = next(iter(done.values()))
    lines = [f"{any_of.path}: {_length(any_of)}, {any_of.file_rate / 1000:g} kHz{_changes(done)}"]
    channels = [channel for one in done.values() for channel in one.channels]
    width = max(len(str(channel.path)) for channel in channels)
    return "\n".join(lines + [f"  {channel.path!s:<{width}}  {_heard(channel)}" for channel in channels])


def _length(file: SeparatedFile) -> str:
    seconds = file.seconds
    return f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _changes(done: dict[str, SeparatedFile]) -> str:
    """What was done to the recording before, in words."""
    any_of = next(iter(done.values()))
    rates = sorted({file.separator_rate for file in done.values()} - {any_of.file_rate})
    resampled = [f"resampled to {' and '.join(f'{rate / 1000:g}' for rate in rates)} kHz"] if rates else []
    back = ["channels at its own rate"] if rates and any_of.rate == any_of.file_rate else []
    mixed = [f"{any_of.microphones} channels mixed down to one"] if any_of.microphones > 1 else []
    return "".join(f", {change}" for change in (*mixed, *resampled, *back))


def _heard(channel: Channel) -> str:
    if channel.level_db == -math.inf:
        return "silent"
    told = f"{channel.level_db:6.1f} dBFS, {100 * channel.share:3.0f} % of the recording"
    return told + (f", {channel.clipped} samples clipped: use --bits 32" if channel.clipped else "")


def _draw(picture: Path, path: Path, done: dict[str, SeparatedFile], separators: dict[str, Separator]) -> None:
    columns = columns_for(1 + sum(len(file.channels) for file in done.values()))

    def seen(file: Path, name: str) -> Spectrogram:
        rate = separators[name].sample_rate
        return spectrogram((block[0] for block in audio_blocks(file, rate)), done[name].samples, rate, columns)

    finest = max(separators, key=lambda name: separators[name].sample_rate)
    shown = {name: [seen(channel.path, name) for channel in file.channels] for name, file in done.items()}
    save_separation(picture, seen(path, finest), shown, path.name)


def _told(error: str) -> int:
    print(f"error: {error}", file=sys.stderr)
    return FAILED
