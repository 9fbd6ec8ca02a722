"""A disk that is too small at first: a tmpfs of its own for a process, which grows before the second attempt.

It needs a kernel that lets users make namespaces of their own. Where it does not, files may not grow beyond a limit at
first (RLIMIT_FSIZE), which the operating system tells by another error number.
"""

from __future__ import annotations

import ctypes
import os
import resource
from pathlib import Path

from lightning_sepcl.torture.child import Act

NEW_NAMESPACES = 0x10000000 | 0x00020000
"""CLONE_NEWUSER and CLONE_NEWNS. Source: linux/sched.h."""
REMOUNT = 32
"""MS_REMOUNT. Source: sys/mount.h."""
MORE_ROOM = "---- more room ----"
ROOMY = "1g"


def twice(act: Act, disk: str, kept: str, size: int) -> int:
    """Run `act` in `disk` with room for `size` bytes, then again with more; returns the second exit status.

    Prints the first exit status behind `MORE_ROOM`. What lies on the disk at the end is copied to `kept`.
    """
    folder = Path(disk)
    folder.mkdir(parents=True, exist_ok=True)
    mounted = _mounted(folder, size)
    first = _status(act, folder, None if mounted else size)
    if mounted:
        _mount(folder, REMOUNT, ROOMY)
    print(f"{MORE_ROOM} {first} {'tmpfs' if mounted else 'RLIMIT_FSIZE'}", flush=True)
    second = _status(act, folder, None)
    os.system(f"cp -r '{disk}' '{kept}'")  # nothing outside of this process sees the disk
    return second


def _mounted(folder: Path, size: int) -> bool:
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_NAMESPACES) != 0:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    except OSError:
        return False
    return _mount(folder, 0, str(size))


def _mount(folder: Path, flags: int, size: str) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", flags, f"size={size}".encode()) == 0)


def _status(act: Act, folder: Path, limit: int | None) -> int:
    """The exit status of `act` in a process of its own."""
    function, args = act
    pid = os.fork()
    if pid == 0:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        status = 1
        try:
            os.chdir(folder)
            status = function(*args)
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
