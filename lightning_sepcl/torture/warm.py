"""What the process that children are forked from imports beforehand, so that each of them starts at once."""

from lightning_sepcl.cli import reproduce, rooms, separate_dataset, training
from lightning_sepcl.cli.families import default_families, import_rooms

__all__ = ["reproduce", "rooms", "separate_dataset", "training"]

import_rooms(default_families())
