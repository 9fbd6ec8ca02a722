"""Speech Commands v0.02: one archive from its publisher."""

from __future__ import annotations

from lightning_sepcl.data.publications.publication import Parcel, Publication, RemoteFile
from lightning_sepcl.data.speech_commands import BACKGROUND, LISTS, WORDS

SPEECH_COMMANDS = Publication(
    name="Speech Commands v0.02",
    data_modules=("SpeechCommands",),
    folder="SpeechCommands/speech_commands_v0.02",
    licence="CC BY 4.0",
    citation="P. Warden, Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, 2018, arXiv:1804.03209",
    page="https://arxiv.org/abs/1804.03209",
    parcels=(
        Parcel(
            files=(
                RemoteFile(
                    # the publisher's own bucket, download.tensorflow.org, over HTTPS
                    "https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
                    # Source of size and sum: TensorFlow Datasets' url_checksums/speech_commands.txt; torchaudio's
                    # datasets/speechcommands.py has the same sum.
                    bytes=2_428_923_189,
                    checksum="sha256:af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
                ),
            ),
            makes=(BACKGROUND, *WORDS["all"], "LICENSE", "README.md", *LISTS.values()),
            unpacked_bytes=3_400_000_000,  # 105,829 clips of a second at most, 16 kHz, 16 bit
        ),
    ),
)
