from pathlib import Path

from lightning_sepcl.errors import FAILED, exit_status


def test_a_full_disk_is_a_sentence(capsys):
    assert exit_status(lambda: Path("/dev/full").write_text("x")) == FAILED
    assert capsys.readouterr().err == (
        "error: the disk is full (No space left on device): make room and give the same command again\n"
    )


def test_a_place_that_cannot_be_used_is_a_sentence(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert exit_status(lambda: (tmp_path / "file" / "run").mkdir()) == FAILED
    assert exit_status(lambda: (tmp_path / "file").mkdir()) == FAILED
    said = capsys.readouterr().err.splitlines()
    assert said == [f"error: {tmp_path}/file/run: Not a directory", f"error: {tmp_path}/file: File exists"]
