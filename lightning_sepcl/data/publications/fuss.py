"""FUSS: the mixtures, dry and in simulated rooms, two archives on Zenodo."""

from __future__ import annotations

from lightning_sepcl.data.publications.publication import Parcel, Publication, RemoteFile

RECORD = "https://zenodo.org/records/3743844/files"


def _parcel(name: str, size: int, sha256: str) -> Parcel:
    # Source of sizes and sums: TensorFlow Datasets' url_checksums/fuss.txt.
    file = RemoteFile(f"{RECORD}/FUSS_{name}.tar.gz?download=1", size, f"sha256:{sha256}")
    return Parcel((file,), makes=(name,), unpacked_bytes=25_000_000_000)  # 22,000 mixtures of 10 s and their sources


FUSS = Publication(
    name="FUSS",
    data_modules=("FUSS",),
    folder="FUSS",
    licence="CC BY 4.0 as a whole; single clips CC0 or CC BY, as listed in FUSS_license_doc.tar.gz of the same page",
    citation="S. Wisdom et al., What's All the FUSS About Free Universal Sound Separation Data?, ICASSP 2021",
    page="https://zenodo.org/records/3743844",
    parcels=(
        _parcel("ssdata_reverb", 7_890_709_248, "474012562eb7539f8d90acb759584907119606ac396b588d4c99822b73a86b67"),
        _parcel("ssdata", 8_892_152_218, "7f51e4231661aa99150c51d42d3fad30a381a38416dba02c3b81fe217188d005"),
    ),
)
