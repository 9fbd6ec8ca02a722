"""Bytes as they come from a bad cable, a bad disk or a bad program."""

from __future__ import annotations

import random

HEADER_BYTES = 80
INTERESTING = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\xff\xff\xff\x7f")
"""Where counts, signs and sizes break most often."""


def mutated(data: bytes, dice: random.Random) -> bytes:
    """One to four changes, half of them in the header."""
    found = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        _change(found, dice)
    return bytes(found)


def _change(data: bytearray, dice: random.Random) -> None:
    reach = min(len(data), HEADER_BYTES) if dice.random() < 0.5 else len(data)
    place = dice.randrange(max(1, reach))
    match dice.choice(("flip", "flip", "number", "number", "cut", "insert", "delete", "repeat", "zero")):
        case "flip" if data:
            data[place] ^= 1 << dice.randrange(8)
        case "number":
            value = dice.choice(INTERESTING)
            data[place : place + len(value)] = value
        case "cut":
            del data[place:]
        case "insert":
            data[place:place] = dice.randbytes(dice.randint(1, 40))
        case "delete":
            del data[place : place + dice.randint(1, 40)]
        case "repeat":
            data[place:place] = data[place : place + dice.randint(1, 400)]
        case "zero":
            data[place : place + dice.randint(1, 400)] = bytes(dice.randint(1, 400))
