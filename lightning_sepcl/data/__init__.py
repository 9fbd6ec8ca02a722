"""Clips and labels: corpora, the packed cache they are read into, and the data modules that hand out batches."""

from lightning_sepcl.data.audio_folder import AudioFolder, FolderCorpus
from lightning_sepcl.data.audioset import AudioSet, AudioSetCorpus
from lightning_sepcl.data.cache import open_cache
from lightning_sepcl.data.cache_format import CacheSettings
from lightning_sepcl.data.cache_reader import CacheReader, DamagedCache
from lightning_sepcl.data.clip_reader import ClipReader
from lightning_sepcl.data.corpus import Corpus, FileCorpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.dataset import ClipDataset, Window
from lightning_sepcl.data.esc import ESC10, ESC50, ESCCorpus
from lightning_sepcl.data.fsd50k import FSD50K, FSD50KCorpus
from lightning_sepcl.data.fsdd import FSDD, FSDDCorpus
from lightning_sepcl.data.fsdnoisy18k import FSDnoisy18k, FSDnoisy18kCorpus
from lightning_sepcl.data.fuss import FUSS, FUSSCorpus
from lightning_sepcl.data.labelled_mixtures import LabelledMixtures
from lightning_sepcl.data.libri2mix import Libri2Mix, Libri2MixCorpus
from lightning_sepcl.data.manifest import Entry, Manifest, read_manifest
from lightning_sepcl.data.nsynth import NSynth, NSynthCorpus
from lightning_sepcl.data.sampler import EpochSampler
from lightning_sepcl.data.shard_reader import ShardReader
from lightning_sepcl.data.simulated_rooms import SimulatedRooms, SimulatedRoomsCorpus
from lightning_sepcl.data.speech_commands import SpeechCommands, SpeechCommandsCorpus
from lightning_sepcl.data.synthetic_scenes import SyntheticCorpus, SyntheticScenes
from lightning_sepcl.data.tar_shards import TarCorpus, TarShards

__all__ = [
    "ESC10",
    "ESC50",
    "FSD50K",
    "FSDD",
    "FUSS",
    "AudioDataModule",
    "AudioFolder",
    "AudioSet",
    "AudioSetCorpus",
    "CacheReader",
    "CacheSettings",
    "ClipDataset",
    "ClipReader",
    "Corpus",
    "DamagedCache",
    "ESCCorpus",
    "Entry",
    "EpochSampler",
    "FSD50KCorpus",
    "FSDDCorpus",
    "FSDnoisy18k",
    "FSDnoisy18kCorpus",
    "FUSSCorpus",
    "FileCorpus",
    "FolderCorpus",
    "LabelledMixtures",
    "Libri2Mix",
    "Libri2MixCorpus",
    "Manifest",
    "NSynth",
    "NSynthCorpus",
    "ShardReader",
    "SimulatedRooms",
    "SimulatedRoomsCorpus",
    "SpeechCommands",
    "SpeechCommandsCorpus",
    "SyntheticCorpus",
    "SyntheticScenes",
    "TarCorpus",
    "TarShards",
    "Window",
    "open_cache",
    "read_manifest",
]
