"""One thing that a header says about the body part or the view."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Testimony:
    """What one element says.

    Attributes:
        keyword: the element.
        value: its text or code.
        meaning: body part or view it stands for, such as ``CHEST``, ``PA`` or ``LATERAL``.
    """

    keyword: str
    value: str
    meaning: str


def disagreeing(heard: Sequence[Testimony], allowed: Sequence[str]) -> Iterator[Testimony]:
    """Whoever denies what the first and most trustworthy of them says."""
    return (one for one in heard[1:] if (one.meaning in allowed) != (heard[0].meaning in allowed))
