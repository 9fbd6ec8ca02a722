import pytest

from data_sim.corpus.preview import save_preview
from lightning_sepcl.errors import UserError


def test_a_picture_and_its_line(small, tmp_path):
    told = save_preview(small, 3, tmp_path / "room.png")
    assert told.startswith("scene 3: ")
    assert (tmp_path / "room.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_written(small, tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        save_preview(small, 0, tmp_path / "sounds" / "Rain" / "0.wav" / "room.png")
    with pytest.raises(UserError, match="cannot be written"):
        save_preview(small, 0, tmp_path / "room.txtt")
