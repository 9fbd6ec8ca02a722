from pathlib import Path

from lightning_sepcl.errors import FAILED, exit_status


def test_a_full_disk_is_a_sentence(capsys):
    assert exit_status(lambda: Path("/dev/full").write_text("x")) == FAILED
    assert capsys.readouterr().err == (
        "error: the disk is full (No space left on device): make room and give the same command again\n"
    )
