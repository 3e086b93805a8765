"""Errors that name the thing, the reason and the mend in one line."""


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
