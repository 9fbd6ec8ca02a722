"""Corpora of recordings heard in simulated rooms, written to disk with their labels."""

from data_sim.corpus.configuration import Configuration, read_configuration
from data_sim.corpus.drawn_scene import DrawnScene, drawn_scene
from data_sim.corpus.inspection import inspected
from data_sim.corpus.rendered_scene import RenderedScene, heard, rendered_scene
from data_sim.corpus.rendering import render

__all__ = [
    "Configuration",
    "DrawnScene",
    "RenderedScene",
    "drawn_scene",
    "heard",
    "inspected",
    "read_configuration",
    "render",
    "rendered_scene",
]
