"""One entry of the ledger: what somebody said of one finding on one image, and when."""

import operator
from dataclasses import dataclass
from datetime import UTC, datetime

from ...errors import LabelError


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelEntry:
    """What one reader, or the source of a study table, says of one finding on one image.

    Args:
        image: as column `image` of the study table spells it.
        finding: id, a column of the table.
        state: text of a `LabelState`. A reader's verdict is positive, negative or uncertain; only a source is silent.
        source: where it comes from: the row's `source` in round 0, later what brought the verdict (a file, an oracle).
        reader: pseudonym of whoever read the image; blank in round 0.
        round: 0 for the imported table, else the round in which the question was asked.
        time: when it was said, ISO 8601 with an offset from UTC; blank takes the moment of recording.
        reason: why, in free text.

    Raises:
        LabelError: `round` is no whole number. What else may be wrong, `Ledger.record` says of all entries at once.

    Example:
        >>> LabelEntry(image="a.png", finding="edema", state="negative", source="a.csv", reader="R1", round=1).time
        ''
    """

    image: str
    finding: str
    state: str
    source: str
    reader: str
    round: int
    time: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        try:
            round = operator.index(self.round)  # numbers of NumPy, which a table gives, become plain ones
        except TypeError:
            raise LabelError(
                f"round is {self.round!r} for {self.finding} of '{self.image}'; give a whole number"
            ) from None
        object.__setattr__(self, "round", round)


def utc_time(text: str) -> str:
    """An ISO 8601 time in UTC, to the second or as fine as it was given; the present one for a blank.

    Raises:
        LabelError: no such time, or one that does not say its offset from UTC.

    Example:
        >>> utc_time("2026-03-01T09:30:00+01:00")
        '2026-03-01T08:30:00+00:00'
        >>> utc_time("2026-03-01T09:30:00")
        Traceback (most recent call last):
        ...
        lucency.errors.LabelError: time '2026-03-01T09:30:00' has no offset from UTC; write it like ...
    """
    if not text:
        return datetime.now(UTC).isoformat(timespec="seconds")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise LabelError(f"time '{text}' is not ISO 8601; write it like 2026-03-01T08:30:00+00:00") from None
    if time.tzinfo is None:
        raise LabelError(f"time '{text}' has no offset from UTC; write it like 2026-03-01T08:30:00+00:00")
    return time.astimezone(UTC).isoformat()


def is_utf8(text: str) -> bool:
    """Whether a text can be stored; a lone surrogate, as in a file name of an old archive, cannot.

    Example:
        >>> is_utf8("é"), is_utf8(chr(0xDCFF))
        (True, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
