"""A finding of the checklist: which rule, where, what is wrong, how it is mended."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters.

    Attributes:
        ERROR: MONAI, a host or the zoo's own check fails on it, it harms whoever opens the bundle, or predictions can
            be wrong without a word.
        WARNING: it works here and now, and a reviewer or a user will stumble over it.
    """

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Place:
    """Where in a bundle something stands.

    Attributes:
        file: path inside the bundle, with ``/``.
        line: counted from 1; None where the whole file is meant, or what is not there.
        key: of the configuration, ``::`` between levels, as MONAI writes it; empty where the whole file is meant.

    Example:
        >>> print(Place("configs/train.yaml", 12, "train::trainer"))
        configs/train.yaml:12 train::trainer
    """

    file: str
    line: int | None = None
    key: str = ""

    def __str__(self) -> str:
        """Write it the way editors understand."""
        position = self.file if self.line is None else f"{self.file}:{self.line}"
        return inert(f"{position} {self.key}".rstrip())


def inert(text: str) -> str:
    r"""Spell out what is no printable character: names in a bundle must not steer a terminal or break a line.

    Example:
        >>> inert("a\x1b[31m\n")
        'a\\x1b[31m\\n'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


@dataclass(frozen=True)
class Fault:
    """What the check of one rule found; `Rule` makes a `Finding` of it.

    Attributes:
        place: where.
        message: what is wrong, in one line.
        mend: what to write or run instead, in one line.
    """

    place: Place
    message: str
    mend: str


@dataclass(frozen=True)
class Finding(Fault):
    """A fault with the rule that it breaks.

    Attributes:
        rule: id of the rule.
        level: of the rule.
    """

    rule: str
    level: Level

    def as_dict(self) -> dict[str, str | int | None]:
        """Make the JSON object of it.

        Example:
            >>> Finding(Place("LICENSE"), "is absent", "add it", "layout.licence", Level.ERROR).as_dict()["level"]
            'error'
        """
        return {
            "rule": self.rule,
            "level": self.level.value,
            "file": inert(self.place.file),
            "line": self.place.line,
            "key": inert(self.place.key),
            "message": self.message,
            "mend": self.mend,
        }
