"""Run `sepcl embed` and be killed (SIGKILL) while the Nth part is written: python killable_embed.py N ARGS..."""

import os
import signal
import sys

from lightning_sepcl.cli.main import main
from lightning_sepcl.explore import parts

if __name__ == "__main__":
    left = int(sys.argv[1])
    parts.SECONDS_BETWEEN_PARTS = 0.0
    genuine = parts.write_whole

    def write(path, fill):
        global left
        left -= 1
        if left == 0:
            with path.with_name(f".{path.name}.unfinished").open("wb") as file:
                file.write(b"PK half a part")
            os.kill(os.getpid(), signal.SIGKILL)
        genuine(path, fill)

    parts.write_whole = write
    sys.exit(main(sys.argv[2:]))
