"""NSynth: three archives of notes with their JSON, test, validation and training."""

from __future__ import annotations

from lightning_sepcl.data.publications.publication import Parcel, Publication, RemoteFile

# the publisher's own bucket, download.magenta.tensorflow.org, over HTTPS
SERVER = "https://storage.googleapis.com/download.magenta.tensorflow.org/datasets/nsynth"
BYTES_PER_NOTE = 128_044  # 4 s, 16 kHz, 16 bit, and the header
NOTES = {"test": 4096, "valid": 12_678, "train": 289_205}


def _part(name: str) -> Parcel:
    # No checksum of the JSON/WAV archives is published (TensorFlow Datasets lists those of the TFRecord files only).
    return Parcel(
        files=(RemoteFile(f"{SERVER}/nsynth-{name}.jsonwav.tar.gz"),),
        makes=(f"nsynth-{name}",),
        unpacked_bytes=NOTES[name] * BYTES_PER_NOTE,
    )


NSYNTH = Publication(
    name="NSynth",
    data_modules=("NSynth",),
    folder="NSynth",
    licence="CC BY 4.0",
    citation="J. Engel et al., Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders, ICML 2017",
    page="https://magenta.tensorflow.org/datasets/nsynth",
    parcels=tuple(map(_part, NOTES)),
)
