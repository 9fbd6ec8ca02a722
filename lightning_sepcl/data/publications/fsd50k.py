"""FSD50K: five archives on Zenodo, two of them split ZIPs."""

from __future__ import annotations

from lightning_sepcl.data.publications.publication import Parcel, Publication, RemoteFile

RECORD = "https://zenodo.org/records/4060432/files"
PART = 3_221_225_472  # every part of a split archive but the last

# Source of the sums: the Zenodo record, as soundata's datasets/fsd50k.py quotes them; of the sizes: the same record, as
# public code that pins it quotes them.
FILES = {
    "FSD50K.doc.zip": (6984, "3516162b82dc2945d3e7feba0904e800"),
    "FSD50K.ground_truth.zip": (334_701, "ca27382c195e37d2269c4c866dd73485"),
    "FSD50K.metadata.zip": (6_700_838, "b9ea0c829a411c1d42adb9da539ed237"),
    "FSD50K.eval_audio.z01": (PART, "3090670eaeecc013ca1ff84fe4442aeb"),
    "FSD50K.eval_audio.zip": (3_037_675_767, "6fa47636c3a3ad5c7dfeba99f2637982"),
    "FSD50K.dev_audio.z01": (PART, "faa7cf4cc076fc34a44a479a5ed862a3"),
    "FSD50K.dev_audio.z02": (PART, "8f9b66153e68571164fb1315d00bc7bc"),
    "FSD50K.dev_audio.z03": (PART, "1196ef47d267a993d30fa98af54b7159"),
    "FSD50K.dev_audio.z04": (PART, "d088ac4e11ba53daf9f7574c11cccac9"),
    "FSD50K.dev_audio.z05": (PART, "81356521aa159accd3c35de22da28c7f"),
    "FSD50K.dev_audio.zip": (2_306_663_327, "c480d119b8f7a7e32fdb58f3ea4d6c5a"),
}


def _parcel(name: str, unpacked_bytes: int) -> Parcel:
    """The archive of one folder, all its parts."""
    files = (
        RemoteFile(f"{RECORD}/{file}?download=1", size, f"md5:{md5}")
        for file, (size, md5) in FILES.items()
        if file.rpartition(".")[0] == name
    )
    return Parcel(tuple(files), makes=(name,), unpacked_bytes=unpacked_bytes)


FSD50K = Publication(
    name="FSD50K",
    data_modules=("FSD50K",),
    folder="FSD50K",
    licence="CC BY as a whole; single clips CC0, CC BY, CC BY-NC (no commercial use) or CC Sampling+, as listed in "
    "FSD50K.metadata",
    citation="E. Fonseca et al., FSD50K: an Open Dataset of Human-Labeled Sound Events, IEEE/ACM TASLP 30, 2022",
    page="https://zenodo.org/records/4060432",
    parcels=(
        _parcel("FSD50K.doc", 30_000),
        _parcel("FSD50K.ground_truth", 5_000_000),
        _parcel("FSD50K.metadata", 60_000_000),
        _parcel("FSD50K.eval_audio", 8_900_000_000),  # 27.9 h, 44.1 kHz, 16 bit
        _parcel("FSD50K.dev_audio", 25_600_000_000),  # 80.4 h
    ),
)
