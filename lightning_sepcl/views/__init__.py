"""View makers: which stretch of which source of a clip becomes which training example."""

from lightning_sepcl.views.base import ViewDraw, ViewMaker
from lightning_sepcl.views.temporal_proximity import TemporalProximity
from lightning_sepcl.views.two_crops import TwoCrops

__all__ = ["TemporalProximity", "TwoCrops", "ViewDraw", "ViewMaker"]
