"""Synthetic sounds and scenes: physically modelled, drawn from a seed, no download. Numpy only; knows no other room."""

from lightning_sepcl.synth.catalogue import CATALOGUE
from lightning_sepcl.synth.event_bank import EventBank
from lightning_sepcl.synth.scene import Event, Scene, synthetic_scene
from lightning_sepcl.synth.waveform import Sound, Wave

__all__ = ["CATALOGUE", "Event", "EventBank", "Scene", "Sound", "Wave", "synthetic_scene"]
