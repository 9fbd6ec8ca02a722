import multiprocessing
import os
import signal
import time

from lightning_sepcl.orphans import leave_with_parent


def wait_for_ever(pids):
    leave_with_parent()
    pids.put(os.getpid())
    time.sleep(600)


def start_children(pids):
    children = [multiprocessing.get_context("fork").Process(target=wait_for_ever, args=(pids,)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_children_of_a_killed_process_end():
    fork = multiprocessing.get_context("fork")
    pids = fork.Queue()
    parent = fork.Process(target=start_children, args=(pids,))
    parent.start()
    children = [pids.get(timeout=30) for _ in range(3)]
    assert all(map(is_running, children))
    os.kill(parent.pid, signal.SIGKILL)
    parent.join()
    end = time.monotonic() + 30
    while any(map(is_running, children)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(is_running, children))


def test_without_a_parent_nothing_happens():
    leave_with_parent()
