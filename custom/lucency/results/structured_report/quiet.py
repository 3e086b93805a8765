"""Keeping highdicom's remarks, which quote UIDs and patient names, out of the host program's output."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ...transforms.quiet import quiet_pydicom

_writing: ContextVar[bool] = ContextVar("lucency_writing", default=False)


def _outside_writing(record: logging.LogRecord) -> bool:
    return not _writing.get()


@contextmanager
def quiet_highdicom() -> Iterator[None]:
    """Drop the log records and warnings of highdicom and pydicom while the block runs, in the thread that runs it.

    Example:
        >>> with quiet_highdicom():
        ...     logging.getLogger("highdicom.base").error("not shown")
    """
    for name in ("highdicom", "highdicom.base", *filter(_is_highdicom, list(logging.root.manager.loggerDict))):
        logging.getLogger(name).addFilter(_outside_writing)  # adding it twice does nothing
    token = _writing.set(True)
    try:
        with quiet_pydicom(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"highdicom\b")
            yield
    finally:
        _writing.reset(token)


def _is_highdicom(name: str) -> bool:
    return name.startswith("highdicom.")
