"""Verdicts on their way into the ledger: all of them, or none and every reason why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import LabelError, LucencyError
from ...files import first_few
from ..ledger import LabelEntry, Ledger, RejectedEntriesError
from .words import CANNOT_TELL, plain, state_of

_NAMED = 10  # reasons in a message; all are in the error


class RejectedVerdictsError(LucencyError):
    """Verdicts of which some are wrong, so that none is recorded.

    Args:
        reasons: what is wrong, by file and place.

    Attributes:
        reasons: likewise.

    Example:
        >>> raise RejectedVerdictsError({"reads.csv line 3": "unknown image 'x.png'"})
        Traceback (most recent call last):
        ...
        lucency.refine.worklists.verdicts.RejectedVerdictsError: 1 verdict is wrong, so that none is recorded:
        reads.csv line 3 (unknown image 'x.png'); mend it and import again
    """

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.reasons = dict(reasons)
        wrong, mend = ("verdict is", "it") if len(reasons) == 1 else ("verdicts are", "them")
        named = first_few([f"{place} ({reason})" for place, reason in reasons.items()], _NAMED)
        super().__init__(
            f"{len(reasons)} {wrong} wrong, so that none is recorded: {named}; mend {mend} and import again"
        )


@dataclass(frozen=True)
class VerdictFile:
    """What a file says.

    Attributes:
        verdicts: by the place where each one stands, such as ``reads.csv line 3``.
        unanswered: questions that the file leaves open.
        cancelled: annotations that their reader has withdrawn or skipped.
    """

    verdicts: Mapping[str, LabelEntry]
    unanswered: int = 0
    cancelled: int = 0


@dataclass
class VerdictCollector:
    """Verdicts of a file while it is read, and all that is wrong with them.

    Args:
        source: what to call the file in the ledger.
        verdicts: so far, by place.
        reasons: what is wrong so far, by place.
    """

    source: str
    verdicts: dict[str, LabelEntry] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(
        self, place: str, word: str, *, image: str, finding: str, reader: str, round: int, time: str = "", why: str = ""
    ) -> None:
        """Take a verdict, or keep the reason against it."""
        try:
            state = state_of(word)
        except LabelError as error:
            self.reasons[place] = str(error)
            return
        self.verdicts[place] = LabelEntry(
            image=image,
            finding=finding,
            state=state.value,
            source=self.source,
            reader=reader,
            round=round,
            time=time,
            reason=why or (CANNOT_TELL if plain(word) == CANNOT_TELL else ""),
        )

    def checked(self, *, unanswered: int = 0, cancelled: int = 0) -> VerdictFile:
        """All verdicts.

        Raises:
            RejectedVerdictsError: something is wrong.
        """
        if self.reasons:
            raise RejectedVerdictsError(self.reasons)
        return VerdictFile(self.verdicts, unanswered, cancelled)


def record_verdicts(ledger: Ledger, files: Iterable[VerdictFile]) -> tuple[int, int]:
    """Record what files say in one step; what the ledger holds already is passed over.

    Args:
        ledger: to record in.
        files: as their readers return them.

    Returns:
        How many verdicts are added, and how many had been recorded before.

    Raises:
        RejectedVerdictsError: an image or finding is unknown or was not asked, a reader has two verdicts on it, or
            whatever else `Ledger.record` refuses; nothing is recorded.
    """
    verdicts = {place: entry for file in files for place, entry in file.verdicts.items()}
    twice = _second_verdicts(verdicts)
    if twice:
        raise RejectedVerdictsError(twice)
    fresh = ledger.unrecorded(verdicts.values())
    if fresh:
        places = {entry: place for place, entry in verdicts.items()}
        try:
            if ledger.record(fresh).repeated:  # by another process, since the look at what is there
                fresh = []
        except RejectedEntriesError as error:
            raise RejectedVerdictsError({places[fresh[at]]: reason for at, reason in error.reasons.items()}) from error
    return len(fresh), len(verdicts) - len(fresh)


def file_name(path: str | Path, paths: Sequence[str | Path] = ()) -> str:
    """What to call a file: its name, or its path where another one has the same name.

    Example:
        >>> file_name("a/reads.csv"), file_name("a/reads.csv", ["a/reads.csv", "b/reads.csv"])
        ('reads.csv', 'a/reads.csv')
    """
    name = Path(path).name
    return name if sum(Path(other).name == name for other in paths) < 2 else str(path)


def _second_verdicts(verdicts: Mapping[str, LabelEntry]) -> dict[str, str]:
    first: dict[tuple[int, str, str, str], str] = {}
    reasons = {}
    for place, entry in verdicts.items():
        key = (entry.round, entry.image, entry.finding, entry.reader)
        if key in first:
            reasons[place] = (
                f"a second verdict of reader '{entry.reader}' on {entry.finding} of '{entry.image}', "
                f"beside {first[key]}"
            )
        first.setdefault(key, place)
    return reasons
