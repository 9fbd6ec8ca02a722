from __future__ import annotations

import numpy as np
import pytest

from lightning_sepcl.separation.crc32c import crc32c, masked
from tests.fakes.tf_checkpoint import masked_crc, slow_crc32c


@pytest.mark.parametrize(
    ("data", "checksum"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_published_checksums(data, checksum):
    """RFC 3720, appendix B.4, and the customary check value."""
    assert crc32c(data) == checksum


@pytest.mark.parametrize("size", [1, 511, 512, 513, 1024, 1536, 512 * 7 + 3])
def test_any_number_of_pieces_and_rest(size):
    data = np.random.default_rng(size).bytes(size)
    assert crc32c(data) == slow_crc32c(data)
    assert masked(crc32c(data)) == masked_crc(data)


def test_leading_zeros_count():
    assert crc32c(bytes(512)) != crc32c(bytes(1024))
