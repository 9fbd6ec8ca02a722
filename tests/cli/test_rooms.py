from __future__ import annotations

from lightning_sepcl.cli.main import main


def test_it_is_the_simulators_own_command_line(tmp_path, capsys):
    assert main(["rooms", "render", "--config", str(tmp_path / "absent.toml"), "--out", str(tmp_path / "out")]) == 2
    assert "absent.toml" in capsys.readouterr().err
