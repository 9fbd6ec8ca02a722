"""What pyproject.toml cannot say: beside the packages that are found, the experiments are one, as data."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["lightning_sepcl*", "data_sim*"]), "lightning_sepcl._experiments"])
