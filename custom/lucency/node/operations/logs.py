"""Logs of a node: a JSON object a line on standard error, of which no key, value or exception can name a patient."""

import json
import logging
import math
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from .words import is_word, is_word_or_error

NODE = "lucency.node"
"""Name of the logger; its messages are names of events in lower_snake_case, without arguments."""

SILENCED = (
    "pynetdicom", "pydicom", "highdicom", "dicomweb_client", "waitress", "urllib3", "requests", "py.warnings",
)  # fmt: skip
"""Loggers that are known to write UIDs, values of data sets, or addresses with UIDs in them."""

_PACKAGE = Path(__file__).parents[2]

log = logging.getLogger(NODE)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_seconds(value: object) -> bool:
    return _is_count(value) or (isinstance(value, float) and math.isfinite(value))


EXTRAS: dict[str, Callable[[object], bool]] = {
    "job": _is_count,
    "state": is_word,
    "kind": is_word_or_error,
    "reception": is_word,
    "seconds": _is_seconds,
    "count": _is_count,
}
"""Keys that a record may add, and what their values must be; everything else is left out."""


class JsonLines(logging.Formatter):
    """Formats a record from an allow-list.

    Of an exception it tells the type and the last line of our own code that it came through: the text of an exception
    often quotes the value that was wrong. Arguments of a message are never filled in.

    Example:
        >>> record = logging.makeLogRecord({"levelname": "INFO", "msg": "job_sent", "job": 7, "uid": "1.2.3"})
        >>> line = json.loads(JsonLines().format(record))
        >>> line["event"], line["job"], "uid" in line
        ('job_sent', 7, False)
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, Any] = {"time": time, "level": record.levelname.lower()}
        line["event"] = record.msg if is_word(record.msg) else "unnamed"
        for key, fits in EXTRAS.items():
            if fits(value := getattr(record, key, None)):
                line[key] = round(value, 3) if isinstance(value, float) else value
        if record.exc_info and record.exc_info[0] is not None:
            line |= {"error": record.exc_info[0].__name__, "at": place(record.exc_info[2])}
        return json.dumps(line)


def place(trace: TracebackType | None) -> str:
    """File and line of the innermost frame that is our own; empty if there is none.

    Example:
        >>> from lucency.files import sync
        >>> try:
        ...     sync(Path("/no/such/file"))
        ... except OSError as error:
        ...     place(error.__traceback__)
        'files.py:...'
    """
    ours = [(Path(frame.f_code.co_filename), line) for frame, line in traceback.walk_tb(trace)]
    ours = [(file, line) for file, line in ours if file.is_relative_to(_PACKAGE)]
    return f"{ours[-1][0].relative_to(_PACKAGE).as_posix()}:{ours[-1][1]}" if ours else ""


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name == NODE or record.name.startswith(f"{NODE}.")


def configure_logs(stream: TextIO | None = None) -> None:
    """Make the node's events the only thing that this process logs; every process of the node calls it once.

    What libraries log, warnings of Python, and exceptions that nobody caught in threads have no way out; the last are
    logged as ``uncaught``. An exception that ends the main thread is, too.

    Args:
        stream: standard error, unless given.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(_is_ours)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    log.setLevel(logging.INFO)
    logging.raiseExceptions = False  # a handler that fails would print the record, arguments and all
    logging.captureWarnings(True)
    for name in SILENCED:
        library = logging.getLogger(name)
        library.handlers[:] = [logging.NullHandler()]
        library.propagate = False
        library.setLevel(logging.CRITICAL + 1)
    sys.excepthook = lambda kind, error, trace: log.critical("uncaught", exc_info=(kind, error, trace))
    threading.excepthook = _thread_failed
    sys.unraisablehook = _unraisable


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        log.error("uncaught", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    if args.exc_value is not None:
        log.error("uncaught", exc_info=(type(args.exc_value), args.exc_value, args.exc_traceback))
