"""Processes that do not outlive the one that started them, however that one ended."""

from __future__ import annotations

import multiprocessing
import os
import threading


def leave_with_parent() -> None:
    """To be called in a process of `multiprocessing`: it then ends as soon as its parent does.

    A killed parent cannot tell its workers to stop. They would wait for work for ever and, where they were forked, keep
    the locks that it held.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
