"""Free Spoken Digit Dataset: the archive of its release 1.0.10."""

from __future__ import annotations

from lightning_sepcl.data.publications.publication import Parcel, Publication, RemoteFile

RELEASE = "1.0.10"

FSDD = Publication(
    name="Free Spoken Digit Dataset",
    data_modules=("FSDD",),
    folder="free-spoken-digit-dataset",
    licence="CC BY-SA 4.0",
    citation=f"Z. Jackson et al., Free Spoken Digit Dataset, release {RELEASE}",
    page="https://github.com/Jakobovski/free-spoken-digit-dataset",
    parcels=(
        Parcel(
            # No checksum is published for this release.
            files=(
                RemoteFile(
                    f"https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v{RELEASE}.zip",
                    saved_as=f"free-spoken-digit-dataset-{RELEASE}.zip",
                ),
            ),
            inside=f"free-spoken-digit-dataset-{RELEASE}",
            makes=("README.md", "recordings"),
            unpacked_bytes=25_000_000,
        ),
    ),
)
