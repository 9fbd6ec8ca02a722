from __future__ import annotations

import pickle
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.data.shard_format import ShardRow
from lightning_sepcl.data.shard_rows import read_rows, write_rows

count = st.integers(0, 2**31 - 1)
ROWS = st.lists(
    st.builds(
        ShardRow,
        key=st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12),
        offset=st.integers(0, 2**62),
        sources=count,
        mics=count,
        samples=st.integers(0, 2**62),
        peak=st.integers(0, 32768),
        gain=st.floats(0, 1e6),
        crc32=st.integers(0, 2**32 - 1),
        shard=count,
        bytes=st.integers(0, 2**62),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=40)
@given(ROWS)
def test_what_was_written_is_read_to_the_bit(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rows") / "clips.csv"
    write_rows(path, rows)
    found = read_rows(path, {})
    assert list(found) == rows
    assert [found[i - len(rows)] for i in range(len(found))] == rows
    assert list(found[1::2]) == rows[1::2]
    assert list(pickle.loads(pickle.dumps(found))) == rows
    for row in found:
        assert [type(value) for value in (row.key, row.offset, row.gain)] == [str, int, float]


def many(tmp_path, clips):
    path = tmp_path / "clips.csv"
    write_rows(path, (ShardRow(f"clip{i:06d}", i, 1, 1, i, 7, 1.0, i, i % 5, 9) for i in range(clips)))
    return path


def test_a_row_takes_few_bytes_and_its_key_is_kept_once(tmp_path):
    path = many(tmp_path, 1000)
    known = {row.key: row.key for row in read_rows(path, {})}
    rows = read_rows(path, known)
    assert all(key is known[key] for key in rows.keys)
    assert (rows.numbers.nbytes + sys.getsizeof(rows.keys)) / 1000 < 70
    assert isinstance(rows.numbers, np.ndarray)
