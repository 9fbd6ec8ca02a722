from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.separation.protobuf_fields import MalformedMessage, fields_of, varint
from tests.fakes.tf_checkpoint import varint as written


@settings(deadline=None, derandomize=True)
@given(st.integers(0, 2**64 - 1))
def test_numbers_come_back(value):
    assert varint(b"?" + written(value), 1) == (value, 1 + len(written(value)))


def test_all_kinds_of_fields():
    message = bytes([8, 150, 1, 18, 1, 7, 18, 0, 29, 1, 0, 0, 0, 33, 2, 0, 0, 0, 0, 0, 0, 0])
    fields = fields_of(message)
    assert [fields.number(field) for field in (1, 3, 4, 9)] == [150, 1, 2, 0]
    assert fields.messages(2) == [b"\x07", b""]
    assert (fields.message(2), fields.message(9)) == (b"", b"")


@pytest.mark.parametrize("message", [b"\x08", b"\x12\x05hi", b"\x1d\x01", b"\x0b", b"\xff" * 11])
def test_what_is_no_message_is_refused(message):
    with pytest.raises(MalformedMessage):
        fields_of(message)


def test_a_field_of_the_other_kind_is_refused():
    fields = fields_of(b"\x08\x01\x12\x00")
    with pytest.raises(MalformedMessage):
        fields.number(2)
    with pytest.raises(MalformedMessage):
        fields.messages(1)
