"""Keeping pydicom's remarks about odd headers, which can quote patient data, out of the host program's output."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_reading: ContextVar[bool] = ContextVar("lucency_reading", default=False)


def _outside_reading(record: logging.LogRecord) -> bool:
    return not _reading.get()


for _name in ("pydicom", "pydicom.pixels.utils", "pydicom.pixels.decoders.base"):
    logging.getLogger(_name).addFilter(_outside_reading)


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Drop pydicom's warnings and log records while the block runs; what matters is raised as a `RadiographError`.

    Log records are dropped in the thread that runs the block alone; warning filters belong to the process.

    Example:
        >>> with quiet_pydicom():
        ...     logging.getLogger("pydicom").error("not shown")
    """
    token = _reading.set(True)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"pydicom\b")
            yield
    finally:
        _reading.reset(token)
