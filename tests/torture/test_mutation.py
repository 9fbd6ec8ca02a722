import random

from lightning_sepcl.torture.mutation import mutated

DATA = bytes(range(256)) * 8


def test_the_same_dice_change_the_same_bytes():
    assert mutated(DATA, random.Random(3)) == mutated(DATA, random.Random(3))


def test_nearly_always_something_changes_and_often_the_header():
    found = [mutated(DATA, random.Random(seed)) for seed in range(200)]
    assert sum(data == DATA for data in found) < 10
    assert sum(data[:80] != DATA[:80] for data in found) > 80
    assert len(set(map(len, found))) > 20


def test_nothing_can_be_mutated():
    for seed in range(50):
        mutated(b"", random.Random(seed))
