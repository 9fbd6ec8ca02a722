"""AudioSet: labels and ontology can be downloaded, the sound cannot."""

from __future__ import annotations

from lightning_sepcl.data.publications.publication import Parcel, Publication, RemoteFile

SERVER = "https://storage.googleapis.com/us_audioset/youtube_corpus/v1/csv"
ONTOLOGY_COMMIT = "d417d32bf59c711abb5910fd2f76a0eb44697991"


def _plain(file: RemoteFile) -> Parcel:
    return Parcel((file,), makes=(file.name,), archive=False)


AUDIOSET = Publication(
    name="AudioSet",
    data_modules=("AudioSet",),
    folder="AudioSet",
    licence="labels CC BY 4.0, ontology CC BY-SA 4.0; the sound belongs to those who published the videos",
    citation="J. F. Gemmeke et al., Audio Set: An Ontology and Human-Labeled Dataset for Audio Events, ICASSP 2017",
    page="https://research.google.com/audioset/download.html",
    parcels=(
        # No checksums of the CSVs are published.
        _plain(RemoteFile(f"{SERVER}/class_labels_indices.csv")),
        _plain(RemoteFile(f"{SERVER}/eval_segments.csv")),
        _plain(RemoteFile(f"{SERVER}/balanced_train_segments.csv")),
        _plain(RemoteFile(f"{SERVER}/unbalanced_train_segments.csv")),
        _plain(
            RemoteFile(
                f"https://raw.githubusercontent.com/audioset/ontology/{ONTOLOGY_COMMIT}/ontology.json",
                # Of the file in that commit, whose content git itself vouches for (blob cee2c505).
                bytes=342_780,
                checksum="sha256:9c685f4403eecc3ca9be37fd7285cf212feaaea6ff7229d3e7ca89e0d1f2d15d",
            )
        ),
    ),
    by_hand="The sound is not published: the lists name 10 s of YouTube videos, many of which are gone. Take a copy "
    "that your laboratory has",
)
