"""FSDnoisy18k: four archives on Zenodo."""

from __future__ import annotations

from lightning_sepcl.data.publications.publication import Parcel, Publication, RemoteFile

RECORD = "https://zenodo.org/records/2529934/files"


def _parcel(name: str, md5: str, unpacked_bytes: int) -> Parcel:
    # Source of the sums: the Zenodo record, as soundata's datasets/fsdnoisy18k.py quotes them. Sizes: none was found.
    file = RemoteFile(f"{RECORD}/{name}.zip?download=1", checksum=f"md5:{md5}")
    return Parcel((file,), makes=(name,), unpacked_bytes=unpacked_bytes)


FSDNOISY18K = Publication(
    name="FSDnoisy18k",
    data_modules=("FSDnoisy18k",),
    folder="FSDnoisy18k",
    licence="CC BY as a whole; single clips CC0 or CC BY, as listed in FSDnoisy18k.doc",
    citation="E. Fonseca et al., Learning Sound Event Classifiers from Web Audio with Noisy Labels, ICASSP 2019",
    page="https://zenodo.org/records/2529934",
    parcels=(
        _parcel("FSDnoisy18k.doc", "093a1ca185ec341ca4eac14215e7f96b", 5_000_000),
        _parcel("FSDnoisy18k.meta", "96e27a4a63b7a2870522ddcedb5d8296", 2_000_000),
        _parcel("FSDnoisy18k.audio_test", "1ac73d70b4ef3f81900d98c261a832de", 450_000_000),  # 1.4 h, 44.1 kHz, 16 bit
        _parcel("FSDnoisy18k.audio_train", "34dc1d34ca44622af5bf439ceb6f0d55", 13_100_000_000),  # 41.1 h
    ),
)
