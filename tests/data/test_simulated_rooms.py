from __future__ import annotations

import csv

import pytest
import torch

from lightning_sepcl.data.esc import ESC50
from lightning_sepcl.data.manifest import read_manifest
from lightning_sepcl.data.simulated_rooms import SimulatedRooms, SimulatedRoomsCorpus
from lightning_sepcl.data.speech_commands import SpeechCommands
from lightning_sepcl.errors import UserError
from tests.fakes.esc import write_esc
from tests.fakes.rooms import with_second_sources, write_rooms
from tests.fakes.speech_commands import write_speech_commands


@pytest.fixture
def root(tmp_path):
    return write_rooms(tmp_path / "rooms")


def edited(root, **changes):
    """The first line of the manifest, changed."""
    path = root / "manifest.csv"
    with path.open(newline="") as file:
        lines = list(csv.DictReader(file))
    lines[0] |= changes
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(lines[0]))
        table.writeheader()
        table.writerows(lines)


def test_batches_bring_all_microphones_and_the_direction(root):
    data = SimulatedRooms(str(root), batch_size=4)
    batch = next(iter(data.test_dataloader()[2]))
    assert batch.wave.shape[1:] == (1, 4, 8000)
    assert batch.wave.dtype == torch.int16
    entry = data.manifest.entries[int(batch.index[0])]
    assert entry.direction is not None
    assert batch.direction[0].tolist() == pytest.approx(entry.direction, abs=1e-4)
    assert batch.to("cpu").direction is not None


def test_scenes_with_one_recording_stay_together(root):
    entries = SimulatedRoomsCorpus(str(root), val_share=0.2, test_share=0.3).manifest().entries
    splits = {}
    for entry in entries:
        splits.setdefault(entry.group, set()).add(entry.split)
    assert all(len(own) == 1 for own in splits.values())
    assert len({entry.split for entry in entries}) == 3


def test_labels_and_splits_of_the_recordings(tmp_path):
    esc = ESC50(str(write_esc(tmp_path / "ESC-50")))
    names = [entry.path.rpartition("/")[2] for entry in esc.manifest.entries][:6]
    root = write_rooms(tmp_path / "rooms", scenes=8, recordings=[*names, "other.wav"])
    manifest = SimulatedRooms(str(root), recordings=esc).manifest
    assert manifest.vocabulary == esc.manifest.vocabulary
    by_name = {e.path.rpartition("/")[2]: e for e in esc.manifest.entries}
    assert len(manifest) == 7  # the eighth scene plays the first recording again, the seventh another data set's
    for entry in manifest.entries:
        assert (entry.labels, entry.split, entry.fold) == (
            by_name[entry.group].labels, by_name[entry.group].split, by_name[entry.group].fold,
        )  # fmt: skip


@pytest.mark.parametrize("above", ["", "packs/speech/"])
def test_recordings_that_share_file_names_are_told_apart_by_their_folders(tmp_path, above):
    """Speakers of Speech Commands say many words; of those rendered here some are not in the subset."""
    speech = SpeechCommands(str(write_speech_commands(tmp_path / "speech")), subset="digits")
    paths = sorted(entry.path for entry in speech.manifest.entries)
    shared = [path for path in paths if sum(p.endswith(path.rpartition("/")[2]) for p in paths) > 1][:4]
    assert len(shared) == 4
    names = [f"{above}{path}" for path in shared]
    names.append(f"{above}yes/{shared[0].rpartition('/')[2]}")  # another word by the same speaker
    root = write_rooms(tmp_path / "rooms", scenes=5, recordings=names)
    entries = SimulatedRooms(str(root), recordings=speech).manifest.entries
    by_path = {entry.path: entry for entry in speech.manifest.entries}
    assert [entry.labels for entry in entries] == [by_path[path].labels for path in shared]
    assert [entry.split for entry in entries] == [by_path[path].split for path in shared]


def test_names_that_fit_several_recordings_are_refused(tmp_path):
    speech = SpeechCommands(str(write_speech_commands(tmp_path / "speech")), subset="digits")
    names = [entry.path.rpartition("/")[2] for entry in speech.manifest.entries]
    twice = next(name for name in names if names.count(name) > 1)
    root = write_rooms(tmp_path / "rooms", scenes=2, recordings=[twice])
    with pytest.raises(UserError, match=f"the recording {twice} may be .*/{twice} or .*/{twice} of `recordings`"):
        _ = SimulatedRooms(str(root), recordings=speech).manifest


def test_other_recordings_are_refused(root, tmp_path):
    esc = ESC50(str(write_esc(tmp_path / "ESC-50")))
    with pytest.raises(UserError, match="none of which is among"):
        _ = SimulatedRooms(str(root), recordings=esc).manifest


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"azimuth_deg": "left"}, r"line 2: azimuth_deg.*should be numbers"),
        ({"elevation_deg": "95"}, "line 2: no direction has"),
        ({"file": "shard-00000/000001.flac"}, "listed already in"),
    ],
)
def test_lines_that_cannot_be(root, changes, message):
    edited(root, **changes)
    with pytest.raises(UserError, match=message):
        SimulatedRoomsCorpus(str(root)).manifest()


def test_a_file_that_is_not_there_is_named(root):
    (root / "shard-00000" / "000003.flac").unlink()
    with pytest.raises(UserError, match="000003"):
        _ = SimulatedRooms(str(root)).cache


def test_the_manifest_keeps_directions(root, tmp_path):
    manifest = SimulatedRoomsCorpus(str(root)).manifest()
    manifest.write(tmp_path / "m.csv")
    assert read_manifest(tmp_path / "m.csv") == manifest


def test_two_sources_have_both_labels_and_directions(root, tmp_path):
    corpus = SimulatedRoomsCorpus(str(with_second_sources(root)), val_share=0.2, test_share=0.3)
    manifest = corpus.manifest()
    assert manifest.multi_label
    with (root / "manifest.csv").open(newline="") as file:
        lines = {line["file"].rpartition(".")[0]: line for line in csv.DictReader(file)}
    first = {line["recording"]: entry.split for entry in manifest.entries for line in [lines[entry.key]]}
    for entry in manifest.entries:
        line = lines[entry.key]
        if line["recording_2"]:
            assert set(entry.labels) == {line["label"], line["label_2"]}
            assert entry.direction == (
                float(line["azimuth_deg"]), 0.0, 1.5, float(line["azimuth_2_deg"]), 0.0, 2.5,
            )  # fmt: skip
            assert first.get(line["recording_2"], entry.split) == entry.split
        else:
            assert len(entry.direction) == 3
    assert 0 < len(manifest) < len(lines)  # scenes across two splits are left out
    manifest.write(tmp_path / "copy.csv")
    assert read_manifest(tmp_path / "copy.csv") == manifest


def test_batches_of_two_sources(root):
    data = SimulatedRooms(str(with_second_sources(root)), batch_size=16)
    batch = next(iter(data.train_dataloader()))
    assert batch.direction.shape[1] == 6
    alone = batch.direction[:, 3].isnan()
    assert bool(alone.any())
    assert not bool(alone.all())
    assert bool(batch.direction[:, :3].isfinite().all())
