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


def state_of(word: str) -> LabelState:
    """State that a word stands for, spelt exactly so.

    Raises:
        LabelError: no such word.

    Example:
        >>> state_of("absent").value
        'negative'
        >>> state_of("Present")
        Traceback (most recent call last):
        ...
        lucency.errors.LabelError: unknown verdict 'Present'; did you mean 'present'?
    """
    if word in WORDS:
        return WORDS[word]
    near = difflib.get_close_matches(word.strip().lower(), WORDS, n=1)
    mend = f"did you mean '{near[0]}'?" if near else f"use {', '.join(WORDS)}"
    raise LabelError(f"unknown verdict '{word}'; {mend}")
