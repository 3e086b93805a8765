"""Words that may leave the node: what is no plain word of its code could be a name, a number or a UID of a patient."""

import re

_ERROR = re.compile(r"[A-Za-z]{1,40}(?:Error|Exception)")
_WORD = re.compile(r"[a-z]{1,32}(?:_[a-z]{1,32}){0,5}")


def is_word(value: object) -> bool:
    """Whether a value is lower_snake_case without digits, as are all states, kinds and events of the node.

    Example:
        >>> is_word("time_limit"), is_word("MUELLER^ANNA"), is_word("1.2.840.10008"), is_word(None)
        (True, False, False, False)
    """
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def is_word_or_error(value: object) -> bool:
    """Whether a value is a word, or the name of a class of exceptions.

    Example:
        >>> is_word_or_error("OSError"), is_word_or_error("Mueller")
        (True, False)
    """
    return is_word(value) or (isinstance(value, str) and _ERROR.fullmatch(value) is not None)


def word_or(value: object, other: str) -> str:
    """The value if it is a word, else another one.

    Example:
        >>> word_or("queue", "other"), word_or("Anna", "other")
        ('queue', 'other')
    """
    return str(value) if is_word(value) else other
