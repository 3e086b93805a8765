"""Tables on a terminal, and in files that a terminal's output goes to."""

import sys

from rich.console import Console

WIDE = 160
"""Columns where there is no terminal to be narrow: a table in a log is not to be folded."""


def console() -> Console:
    """Make a console of the terminal's width, or a wide one where the output goes to a file or pipe.

    Example:
        >>> console().width > 0
        True
    """
    return Console(width=None if sys.stdout.isatty() else WIDE)
