"""Cutting a list of files into chunks."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def cut(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut a sequence into pieces of `size`; the last one may be shorter.

    Example:
        >>> list(cut("abcde", 2))
        ['ab', 'cd', 'e']
    """
    return (items[start : start + size] for start in range(0, len(items), size))
