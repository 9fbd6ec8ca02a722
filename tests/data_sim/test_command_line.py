import pytest

from data_sim import command_line
from data_sim.command_line import main
from data_sim.corpus.shard import write_shard
from lightning_sepcl.errors import FAILED


@pytest.fixture
def config(tmp_path, sounds):
    path = tmp_path / "rooms.toml"
    path.write_text('recordings = "sounds"\nsample_rate = 8000\nshard_scenes = 2\n[room]\nrt60_s = [0.15, 0.3]\n')
    return path


def test_render_then_inspect(config, tmp_path, capsys, monkeypatch):
    def write(plan, shards, processes):
        for shard in shards:
            write_shard(plan, shard)

    monkeypatch.setattr("data_sim.corpus.rendering._write", write)
    out = str(tmp_path / "corpus")
    assert main(["render", "--config", str(config), "--out", out, "--share", "1/2"]) == 0
    assert "1 of 2 shards are complete" in capsys.readouterr().out
    assert main(["render", "--config", str(config), "--out", out]) == 0
    assert "3 scenes; python -m data_sim inspect" in capsys.readouterr().out
    assert main(["inspect", out, "--checksums"]) == 0
    assert "all files are there and whole" in capsys.readouterr().out
    assert main(["inspect", out, "--plots", str(tmp_path / "plots.png")]) == 0
    assert "plots.png: 3 scenes drawn" in capsys.readouterr().out
    (tmp_path / "corpus" / "shard-00000" / "000000.flac").write_bytes(b"")
    assert main(["inspect", out, "--checksums"]) == command_line.DAMAGED
    assert "remove the shards of these files" in capsys.readouterr().out


def test_preview(config, tmp_path, capsys):
    picture = tmp_path / "room.png"
    assert main(["preview", "--config", str(config), "--scene", "2", "--out", str(picture)]) == 0
    assert picture.stat().st_size > 10_000
    assert "scene 2: " in capsys.readouterr().out


def test_errors_are_one_line(tmp_path, capsys):
    assert main(["inspect", str(tmp_path)]) == FAILED
    assert capsys.readouterr().err == f"error: no corpus in {tmp_path}: there is no about.json\n"
    assert main(["preview", "--config", str(tmp_path / "none.toml"), "--scene", "-1"]) == FAILED
    assert capsys.readouterr().err == "error: --scene -1: scenes are counted from 0\n"


@pytest.mark.parametrize("words", [["--share", "3/2"], ["--share", "1"], ["--processes", "0"]])
def test_shares_and_processes_that_are_none(words, capsys):
    with pytest.raises(SystemExit):
        main(["render", "--config", "a", "--out", "b", *words])
    assert words[0] in capsys.readouterr().err


def test_debug_shows_where(tmp_path, monkeypatch):
    monkeypatch.setenv("SEPCL_DEBUG", "1")
    with pytest.raises(Exception, match="no corpus"):
        main(["inspect", str(tmp_path)])
