"""Words that readers answer with, and what they mean."""

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from ...errors import LabelError
from ...labels import LabelState

CANNOT_TELL = "cannot tell"
CHOICES = ("present", "absent", "uncertain", CANNOT_TELL)
"""What a worklist offers."""

WORDS: Mapping[str, LabelState] = MappingProxyType(
    {
        "present": LabelState.POSITIVE,
        "absent": LabelState.NEGATIVE,
        "uncertain": LabelState.UNCERTAIN,
        CANNOT_TELL: LabelState.UNCERTAIN,
        "positive": LabelState.POSITIVE,
        "negative": LabelState.NEGATIVE,
    }
)
"""State of each word; the ledger keeps as the reason that somebody could not tell."""


def plain(word: str) -> str:
    """A word without blanks around it and in small letters: some spreadsheets write a capital of their own accord.

    Example:
        >>> plain(" Cannot tell")
        'cannot tell'
    """
    return word.strip().lower()


def state_of(word: str) -> LabelState:
    """State that a word stands for; capitals and blanks around it do not count.

    Raises:
        LabelError: no such word.

    Example:
        >>> state_of("Absent").value
        'negative'
        >>> state_of("presnt")
        Traceback (most recent call last):
        ...
        lucency.errors.LabelError: unknown verdict 'presnt'; did you mean 'present'?
    """
    if plain(word) in WORDS:
        return WORDS[plain(word)]
    near = difflib.get_close_matches(plain(word), WORDS, n=1)
    mend = f"did you mean '{near[0]}'?" if near else f"use {', '.join(WORDS)}"
    raise LabelError(f"unknown verdict '{word}'; {mend}")
