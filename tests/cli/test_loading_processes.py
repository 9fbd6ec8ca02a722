"""Killed loading processes: found where their batch is awaited, not in the middle of something else."""

import subprocess
import sys

PROGRAM = """
import os, signal, time
from torch.utils.data import DataLoader
from lightning_sepcl.cli.failures import told_of
from lightning_sepcl.cli.loading_processes import notice_deaths_where_batches_are_awaited

notice_deaths_where_batches_are_awaited()
batches = iter(DataLoader(range(1000), num_workers=1))
next(batches)
os.kill(batches._workers[0].pid, signal.SIGKILL)
for _ in range(50):
    time.sleep(0.01)  # a raising handler would end this
print("went on")
try:
    list(batches)
except RuntimeError as error:
    print(told_of(error, None, "again"))
"""


def test_a_death_is_found_where_the_batch_is_awaited():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "went on"
    assert second.startswith("a process that loads batches was killed")
