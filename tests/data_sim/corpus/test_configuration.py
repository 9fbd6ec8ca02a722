from dataclasses import replace

import pytest

from data_sim.corpus.configuration import ArrayRules, Configuration, RoomRules, SourceRules, read_configuration
from lightning_sepcl.errors import UserError


def written(tmp_path, text):
    path = tmp_path / "rooms.toml"
    path.write_text(text)
    return path


def test_the_rules_of_the_paper_are_the_defaults(tmp_path):
    found = read_configuration(written(tmp_path, 'recordings = "sounds"'))
    assert found == Configuration(str(tmp_path / "sounds"))
    assert (found.room.width_m, found.room.height_m, found.room.rt60_s) == ((3, 10), (2.5, 4), (0.1, 1))
    assert (found.array.microphones, found.array.diameter_m) == (4, 0.1)
    assert (found.source.from_walls_m, found.source.from_array_m, found.source.height_m) == (0.5, 0.5, (0.5, 2))


def test_tables_and_whole_numbers_are_read(tmp_path):
    text = 'recordings = "/a"\nseed = 3\npeak = 1\n[room]\nwidth_m = [4, 5]\n[array]\nmicrophones = 6\n'
    found = read_configuration(written(tmp_path, text))
    assert found == Configuration("/a", seed=3, peak=1.0, room=RoomRules(width_m=(4.0, 5.0)), array=ArrayRules(6))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "recordings is missing"),
        ("recordings = ", "not valid TOML"),
        ('recordings = "a"\nsede = 1', "no key sede; did you mean seed"),
        ('recordings = "a"\n[room]\nrt60 = [0.1, 1]', "no key room.rt60; did you mean room.rt60_s"),
        ('recordings = "a"\nroom = 3', r"room must be a table: \[room\]"),
        ('recordings = 3', "recordings must be a text, not 3"),
        ('recordings = "a"\nscenes = 1.5', "scenes must be a whole number"),
        ('recordings = "a"\nscenes = true', "scenes must be a whole number"),
        ('recordings = "a"\npeak = "loud"', "peak must be a number"),
        ('recordings = "a"\npeak = 2', "peak is 2: it must lie between"),
        ('recordings = "a"\n[room]\nwidth_m = 3', r"room.width_m must be two numbers, \[from, to\]"),
        ('recordings = "a"\n[room]\nwidth_m = [5, 4]', "must rise"),
        ('recordings = "a"\n[room]\nwidth_m = [1, 4]', "above 1 and up to 100"),
        ('recordings = "a"\n[room]\nrt60_s = [0, 1]', "above 0 and up to 5"),
        ('recordings = "a"\n[room]\nrt60_s = [0.1, 10]', "above 0 and up to 5"),
        ('recordings = "a"\n[array]\nmicrophones = 1', "array.microphones is 1"),
        ('recordings = "a"\n[array]\nmicrophones = 9', "between 2 and 8"),
        ('recordings = "a"\n[source]\nheight_m = [0.5, 2.2]', "source.height_m up to 2.2 m is nearer than 0.5 m"),
        ('recordings = "a"\n[source]\ncount = 3', "source.count is 3: it must lie between 1 and 2"),
        ('recordings = "a"\n[source]\nmoving = 2', "source.moving is 2"),
        ('recordings = "a"\n[source]\nspeed_m_s = [0, 1]', "source.speed_m_s is"),
        ('recordings = "a"\n[array]\npattern = "cardoid"', "no array.pattern 'cardoid'; did you mean cardioid"),
        ('recordings = "a"\n[array]\nshape = "tetrahedron"', "no array.shape 'tetrahedron'; did you mean tetrahedral"),
        ('recordings = "a"\n[array]\nshape = "tetrahedral"\nmicrophones = 6', "a tetrahedral array has 4"),
        ('recordings = "a"\n[array]\npositions_m = [0, 1]', r"must be a list of places in metres, \[\[x, y, z\]"),
        ('recordings = "a"\n[array]\npositions_m = [[0, 1], [0, 2]]', "must be a list of places in metres"),
        ('recordings = "a"\n[array]\npositions_m = [[0, 0, 0], [0, 0, nan]]', "must be a list of places in metres"),
        ('recordings = "a"\n[array]\npositions_m = [[0, 0, 0]]', "array.positions_m has 1 microphone: flac files hold"),
        (f'recordings = "a"\n[array]\npositions_m = {[[0, 0, i / 50] for i in range(9)]}', "has 9 microphones: flac"),
        ('recordings = "a"\n[array]\npositions_m = [[0, 0, 0], [0, 0, 0]]', "has two microphones in one place"),
        ('recordings = "a"\n[array]\npositions_m = [[0, 0, 0], [2, 0, 0]]', "reaches 1 m from its centre, which may"),
        ('recordings = "a"\n[array]\nmicrophones = 3\npositions_m = [[0, 0, 0], [0, 0, 1]]', "leave array.microphones"),
        ('recordings = "a"\n[array]\npattern = "cardioid"\npositions_m = [[-0.1, 0, 0], [0, 0, 0], [0.1, 0, 0]]',
         "array.pattern = 'cardioid': a microphone points nowhere"),
        ('recordings = "a"\n[source]\nfrom_array_m = 0.1\n[array]\npositions_m = [[0, 0, 0], [0.2, 0, 0]]',
         "source.from_array_m is 0.1"),
        ('recordings = "a"\nengine = "gpurir"\ndevice = "cuda"', "is for the engines exact and fast: leave it out"),
        ('recordings = "a"\n[room]\nfloor = "wood"', "room.floor must be a list of names"),
        ('recordings = "a"\n[room]\nfloor = ["wod"]', "no material 'wod': did you mean wood"),
        ('recordings = "a"\n[room]\nfloor = ["wood"]', "room.walls, room.floor and room.ceiling go together"),
        ('recordings = "a"\nengine = "exakt"', "no engine 'exakt'; did you mean exact"),
        ('recordings = "a"\nformat = "mp3"', "no format 'mp3'; there are: flac, wav"),
    ],
)  # fmt: skip
def test_every_error_is_a_sentence(tmp_path, text, told):
    with pytest.raises(UserError, match=told) as error:
        read_configuration(written(tmp_path, text))
    assert "rooms.toml" in str(error.value)
    assert "\n" not in str(error.value).removesuffix("\n") or "TOML" in str(error.value)


def test_no_file(tmp_path):
    with pytest.raises(UserError, match="no file"):
        read_configuration(tmp_path / "none.toml")


def test_the_fingerprint_follows_every_key_but_the_folder():
    here = Configuration("a")
    others = [
        replace(here, seed=1), replace(here, engine="fast"), replace(here, source=SourceRules(from_walls_m=0.4)),
        replace(here, source=SourceRules(moving=0.5)), replace(here, array=ArrayRules(pattern="cardioid")),
        replace(here, array=ArrayRules(shape="tetrahedral")), replace(here, device="cuda"),
        replace(here, array=ArrayRules(positions_m=((0.0, 0.0, 0.0), (0.1, 0.0, 0.0)))),
    ]  # fmt: skip
    assert len({one.fingerprint for one in (here, *others)}) == 9
    assert here.fingerprint == Configuration("moved").fingerprint


def test_recordings_may_be_named_by_a_variable(tmp_path, monkeypatch):
    path = written(tmp_path, 'recordings = "$PACKS/ESC-50/audio"\nseconds = 1.5\n')
    monkeypatch.setenv("PACKS", "/data")
    assert read_configuration(path) == Configuration("/data/ESC-50/audio", seconds=1.5)
    monkeypatch.delenv("PACKS")
    with pytest.raises(UserError, match="variable that is not set"):
        read_configuration(path)


def test_corpora_begun_before_there_were_lengths_go_on():
    assert Configuration("a").fingerprint == "db3bb84251a7bea7"
    assert Configuration("a", seconds=1.0).fingerprint != Configuration("a").fingerprint
