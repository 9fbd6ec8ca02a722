"""A PyTorch Lightning suite for learning audio representations and separating sound, with plugin augmentations."""

__version__ = "0.1.0"
