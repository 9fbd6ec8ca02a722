"""ESC-50: the archive of its repository at one commit, so that everybody gets the same files."""

from __future__ import annotations

from lightning_sepcl.data.publications.publication import Parcel, Publication, RemoteFile

COMMIT = "33c8ce9eb2cf0b1c2f8bcf322eb349b6be34dbb6"

ESC50 = Publication(
    name="ESC-50",
    data_modules=("ESC50", "ESC10"),
    folder="ESC-50",
    licence="CC BY-NC 3.0 (no commercial use); its subset ESC-10 is CC BY 3.0; single clips as listed in LICENSE",
    citation="K. J. Piczak, ESC: Dataset for Environmental Sound Classification, ACM Multimedia 2015",
    page="https://github.com/karolpiczak/ESC-50",
    parcels=(
        Parcel(
            files=(
                RemoteFile(
                    f"https://github.com/karolpiczak/ESC-50/archive/{COMMIT}.zip",
                    bytes=645_832_161,
                    # The publisher gives none. Size and sum as several independent public projects pin this archive.
                    checksum="sha256:661183a6f53ef04f12c9bd618fed0ddc1713280d6c94a5a5431e844ba6f6a21f",
                    saved_as="ESC-50.zip",
                ),
            ),
            inside=f"ESC-50-{COMMIT}",
            makes=("LICENSE", "README.md", "audio", "meta"),
            unpacked_bytes=885_000_000,  # 2000 clips of 5 s, 44.1 kHz, 16 bit
        ),
    ),
)
