"""Errors that name the thing, the reason and the mend in one line."""

import difflib
from collections.abc import Iterable, Iterator


class LucencyError(ValueError):
    """Base of every error that a user can mend; the command line prints its text alone, without a traceback.

    Write the message as one line: which file, key, row or tag; what is wrong with it; what to do.

    Example:
        >>> raise LucencyError("table.csv: column 'patient' is missing; add it or map it with --patient-column")
        Traceback (most recent call last):
        ...
        lucency.errors.LucencyError: table.csv: column 'patient' is missing; add it or map it with --patient-column
    """


class LabelError(LucencyError):
    """A label value or finding name that has no declared meaning."""


class TableError(LucencyError):
    """A study table or label file that does not hold what it must."""


class ConfigError(LucencyError):
    """A bundle configuration, override or weights file that does not fit."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from an error down its chain of causes; MONAI wraps what goes wrong in a component several layers deep."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def one_line(text: str) -> str:
    r"""Join lines, and spell out what UTF-8 cannot hold, such as names of files from old archives.

    Example:
        >>> one_line("a\udcff.png: is\n  empty")
        'a\\udcff.png: is empty'
    """
    return " ".join(text.split()).encode("utf-8", "backslashreplace").decode()


def explanation(error: BaseException) -> str | None:
    """Find the one line for the user in a chain of causes; ``None`` means the error is nobody's input.

    Example:
        >>> wrapped = RuntimeError("Failed to instantiate component")
        >>> wrapped.__cause__ = LucencyError("table.csv: no such file")
        >>> explanation(wrapped)
        'table.csv: no such file'
        >>> explanation(ZeroDivisionError("division by zero")) is None
        True
    """
    ours = [one_line(str(cause)) for cause in causes(error) if isinstance(cause, LucencyError | OSError)]
    return ours[0] if ours else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Say which known word is nearest, or nothing.

    Example:
        >>> suggestion("looss", ["loss", "seed"])
        "; did you mean 'loss'?"
    """
    nearest = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""
