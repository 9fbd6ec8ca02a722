from lightning_sepcl import progress as module
from lightning_sepcl.progress import WholeSeconds, progress


def test_lines_tell_how_far_and_how_long(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    with progress("rendering", 100) as tell:
        tell(10)  # at once: no line
        now[0] = 20.0
        tell(10)
        tell(1)
    assert capsys.readouterr().err == "rendering: 20/100, about 80 s left\n"


def test_fractions_of_seconds_are_told_once_they_make_whole_ones():
    told = []
    heard = WholeSeconds(told.append)
    for seconds in (0.5, 0.25, 0.5, 2.0, 0.75, 0.25):
        heard(seconds)
    assert told == [1, 2, 1]
