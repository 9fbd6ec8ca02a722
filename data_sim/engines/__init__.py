"""Engines that compute impulse responses; `ENGINES` gives them the names by which the command line knows them."""

from data_sim.engines.base import Engine
from data_sim.engines.gpurir import GpuRIR
from data_sim.engines.image_sources import ImageSources
from data_sim.engines.pyroom import Pyroomacoustics
from data_sim.engines.thinned_images import ThinnedImages

ENGINES: dict[str, type[Engine]] = {
    "exact": ImageSources,
    "fast": ThinnedImages,
    "pyroomacoustics": Pyroomacoustics,
    "gpurir": GpuRIR,
}

ON_DEVICE: dict[str, type[ImageSources] | type[ThinnedImages]] = {"exact": ImageSources, "fast": ThinnedImages}
"""Those that torch computes, on the device they are told."""

__all__ = ["ENGINES", "ON_DEVICE", "Engine", "GpuRIR", "ImageSources", "Pyroomacoustics", "ThinnedImages"]
