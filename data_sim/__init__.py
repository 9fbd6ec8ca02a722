"""Room simulation: impulse responses of shoebox rooms, and corpora of recordings heard in them.

    from data_sim import Room, circular, impulse_responses
    h = impulse_responses(Room.with_rt60((6, 5, 3), 0.5), (1, 4, 1.5), circular((3, 2, 1.2)))   # (source, mic, sample)

`python -m data_sim render` writes labelled audio to disk for `lightning_sepcl`, or anybody else, to read.
"""

from data_sim.directivity import PATTERNS, Directivity
from data_sim.engines import ENGINES, Engine, GpuRIR, ImageSources, Pyroomacoustics, ThinnedImages
from data_sim.materials import MATERIALS
from data_sim.measures import clarity, decay_curve, direct_to_reverberant, octave, reverberation_time, without_rumble
from data_sim.microphones import Microphones, circular, given, tetrahedral
from data_sim.moving import heard_moving
from data_sim.octaves import OCTAVES_HZ
from data_sim.responses import impulse_responses
from data_sim.room import Room, UnreachableRT60
from data_sim.scene import Scene
from data_sim.trajectory import Trajectory

__all__ = [
    "ENGINES",
    "MATERIALS",
    "OCTAVES_HZ",
    "PATTERNS",
    "Directivity",
    "Engine",
    "GpuRIR",
    "ImageSources",
    "Microphones",
    "Pyroomacoustics",
    "Room",
    "Scene",
    "ThinnedImages",
    "Trajectory",
    "UnreachableRT60",
    "circular",
    "clarity",
    "decay_curve",
    "direct_to_reverberant",
    "given",
    "heard_moving",
    "impulse_responses",
    "octave",
    "reverberation_time",
    "tetrahedral",
    "without_rumble",
]
