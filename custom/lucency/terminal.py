"""Tables on a terminal, and in files that a terminal's output goes to."""

import sys
from collections.abc import Callable

from rich.console import Console

from .errors import explanation

WIDE = 160
"""Columns where there is no terminal to be narrow: a table in a log is not to be folded."""


def console() -> Console:
    """Make a console of the terminal's width, or a wide one where the output goes to a file or pipe.

    Example:
        >>> console().width > 0
        True
    """
    return Console(width=None if sys.stdout.isatty() else WIDE)


def run_script(run: Callable[[], None], *, resumes: bool = True) -> None:
    """Run a script, and say in one line what went wrong if the user can mend it.

    Args:
        run: the script.
        resumes: whether it keeps what it has finished and goes on there.

    Example:
        >>> run_script(lambda: None)
    """
    try:
        run()
    except KeyboardInterrupt:
        rest = "what is finished is kept, run again to go on" if resumes else "nothing is kept"
        sys.stderr.write(f"stopped; {rest}\n")
        sys.exit(130)
    except Exception as error:
        if (text := explanation(error)) is None:
            raise
        sys.exit(text)
