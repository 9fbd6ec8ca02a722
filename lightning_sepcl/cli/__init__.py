"""The command line, `sepcl`: experiments as YAML files and dotted options, errors in a line, help that fits a screen.

Nothing heavy is imported here; `main.py` imports a verb's module when that verb is asked for.
"""

__all__: list[str] = []
