"""The benchmarks are scripts that import each other by their file names, as Python does when one of them is run."""

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.append(str(FOLDER))
