"""`python -m data_sim`."""

import sys

from data_sim.command_line import main

if __name__ == "__main__":
    sys.exit(main())
