import signal
import time

import pytest

from lightning_sepcl.torture.child import Nursery


@pytest.fixture(scope="module")
def nursery():
    made = Nursery()
    yield made
    made.bury()


def test_how_children_end(nursery, tmp_path):
    here = tmp_path / "here"
    fine = nursery.start((eval, ["print('done') or 0"]), here).ended(60.0)
    assert (fine.code, fine.said) == (0, "done\n")
    stumbled = nursery.start((eval, ["1 / 0"]), here).ended(60.0)
    assert stumbled.stumbled
    assert not stumbled.refused
    refused = nursery.start((eval, ["print('error: no such file') or 2"]), here).ended(60.0)
    assert refused.refused
    hung = nursery.start((time.sleep, [600]), here).ended(0.3)
    assert hung.code is None


def test_a_kill_comes_from_outside(nursery, tmp_path):
    child = nursery.start((time.sleep, [600]), tmp_path / "here")
    assert child.lasts(0.05)
    child.kill()
    assert child.ended(60.0).code == -signal.SIGKILL


def test_what_a_child_has_started_is_known_and_can_be_buried(nursery, tmp_path):
    child = nursery.start((eval, ["__import__('os').system('sleep 600')"]), tmp_path / "here")
    while not child.started():
        assert child.lasts(0.01)
    child.kill()
    nursery.bury()
    assert nursery.children == []


def test_its_folder_and_variables(nursery, tmp_path):
    act = (eval, ["print(__import__('os').getcwd(), __import__('os').environ['COLOUR']) or 0"])
    assert nursery.start(act, tmp_path / "here", {"COLOUR": "red"}).ended(60.0).said == f"{tmp_path / 'here'} red\n"
