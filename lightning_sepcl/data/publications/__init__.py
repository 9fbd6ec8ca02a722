"""The data sets that can be prepared from here, one file each."""

from __future__ import annotations

from lightning_sepcl.data.publications.audioset import AUDIOSET
from lightning_sepcl.data.publications.esc50 import ESC50
from lightning_sepcl.data.publications.fsd50k import FSD50K
from lightning_sepcl.data.publications.fsdd import FSDD
from lightning_sepcl.data.publications.fsdnoisy18k import FSDNOISY18K
from lightning_sepcl.data.publications.fuss import FUSS
from lightning_sepcl.data.publications.nsynth import NSYNTH
from lightning_sepcl.data.publications.publication import Parcel, Publication, RemoteFile
from lightning_sepcl.data.publications.speech_commands import SPEECH_COMMANDS

PUBLICATIONS = (ESC50, SPEECH_COMMANDS, FSDD, NSYNTH, FSD50K, FSDNOISY18K, AUDIOSET, FUSS)

__all__ = ["PUBLICATIONS", "Parcel", "Publication", "RemoteFile"]
