import pytest

from data_sim.corpus.recordings import Recordings
from lightning_sepcl.errors import UserError


def test_names_classes_and_turns(sounds):
    (sounds / "notes.txt").write_text("no audio")
    (sounds / ".hidden").mkdir()
    (sounds / ".hidden" / "x.wav").write_bytes(b"")
    found = Recordings.below(sounds)
    assert found.names == ("Rain/0.wav", "Rain/1.wav", "Wind/2.wav")
    assert found.classes == ("Rain", "Wind")
    assert [found.of_scene(n) for n in (0, 2, 3)] == ["Rain/0.wav", "Wind/2.wav", "Rain/0.wav"]


def test_the_fingerprint_knows_names_and_sizes(sounds):
    before = Recordings.below(sounds).fingerprint
    (sounds / "Rain" / "1.wav").write_bytes(b"other")
    assert Recordings.below(sounds).fingerprint != before


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match="no folder"):
        Recordings.below(tmp_path / "none")
    with pytest.raises(UserError, match="no audio file"):
        Recordings.below(tmp_path)
