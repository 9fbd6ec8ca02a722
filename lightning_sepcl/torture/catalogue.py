"""All kinds of faults, in the order in which a campaign injects them."""

from __future__ import annotations

from lightning_sepcl.torture.changed_files import ChangedFiles
from lightning_sepcl.torture.damaged_checkpoint import DamagedCheckpoint
from lightning_sepcl.torture.dead_worker import DeadWorker
from lightning_sepcl.torture.fault import Fault
from lightning_sepcl.torture.full_disk import FullDisk
from lightning_sepcl.torture.fuzzed_audio import FuzzedAudio
from lightning_sepcl.torture.fuzzed_experiment import FuzzedExperiment
from lightning_sepcl.torture.killed_cache import KilledCache
from lightning_sepcl.torture.killed_reproduction import KilledReproduction
from lightning_sepcl.torture.killed_rooms import KilledRooms
from lightning_sepcl.torture.killed_separation import KilledSeparation
from lightning_sepcl.torture.killed_training import KilledTraining
from lightning_sepcl.torture.not_a_number import NotANumber
from lightning_sepcl.torture.unsafe_pickle import UnsafePickle

FAULTS: tuple[type[Fault], ...] = (
    KilledCache,
    KilledSeparation,
    KilledTraining,
    KilledRooms,
    KilledReproduction,
    FullDisk,
    ChangedFiles,
    DeadWorker,
    NotANumber,
    DamagedCheckpoint,
    UnsafePickle,
    FuzzedAudio,
    FuzzedExperiment,
)
BY_KIND: dict[str, type[Fault]] = {fault.kind: fault for fault in FAULTS}
