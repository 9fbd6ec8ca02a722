"""As much of the protocol buffer wire format as TensorFlow's checkpoints need: numbers and nested messages."""

from __future__ import annotations

from dataclasses import dataclass

VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5


class MalformedMessage(Exception):
    """Bytes that are no message; whoever reads them knows what they should have been."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a message: number -> values in order."""

    values: dict[int, list[int | bytes]]

    def number(self, field: int) -> int:
        """The last value of a number; 0 where it is absent, as the format says."""
        value = self.values.get(field, [0])[-1]
        if not isinstance(value, int):
            raise MalformedMessage
        return value

    def message(self, field: int) -> bytes:
        """The last nested message; empty where there is none."""
        return self.messages(field)[-1] if field in self.values else b""

    def messages(self, field: int) -> list[bytes]:
        """All nested messages of a repeated field."""
        found = self.values.get(field, [])
        messages = [value for value in found if isinstance(value, bytes)]
        if len(messages) < len(found):
            raise MalformedMessage
        return messages


def fields_of(message: bytes) -> Fields:
    """What a message holds.

    Raises:
        MalformedMessage: it is none.

    Source: protobuf.dev, Encoding.

    >>> fields_of(bytes([8, 3, 18, 2, 104, 105]))
    Fields(values={1: [3], 2: [b'hi']})
    """
    values: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        kind = tag & 7
        value: int | bytes
        if kind == VARINT:
            value, at = varint(message, at)
        elif kind in (EIGHT_BYTES, FOUR_BYTES):
            size = 8 if kind == EIGHT_BYTES else 4
            value, at = int.from_bytes(_slice(message, at, size), "little"), at + size
        elif kind == LENGTH:
            size, at = varint(message, at)
            value, at = _slice(message, at, size), at + size
        else:
            raise MalformedMessage
        values.setdefault(tag >> 3, []).append(value)
    return Fields(values)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, lowest first, and where the next thing begins."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise MalformedMessage
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise MalformedMessage


def _slice(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise MalformedMessage
    return data[at : at + size]
