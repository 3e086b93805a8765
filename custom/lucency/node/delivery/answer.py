"""What a PACS makes of an object that it is sent."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from ..intake.part10 import Identity


class Outcome(StrEnum):
    """What a PACS did with one object."""

    TAKEN = "taken"
    BUSY = "busy"
    """It has no room for anything now."""
    REFUSED = "refused"
    """It does not want this object."""
    UNREACHABLE = "unreachable"
    """It gave no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome, and one line about it for `Job.reason`."""

    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file that is to be sent."""

    path: Path
    identity: Identity


class Session(Protocol):
    """One conversation with a PACS."""

    @property
    def connected(self) -> bool:
        """Whether there was a conversation at all; if not, a failure says nothing about the file."""

    def send(self, file: Outgoing) -> Answer:
        """Send one file, and wait for what becomes of it; raises nothing that the peer causes."""


class Destination(Protocol):
    """A PACS."""

    def session(self, files: Sequence[Outgoing]) -> AbstractContextManager[Session]:
        """Open a conversation in which these files can be sent."""


_SUCCESS, _DUPLICATE = 0x0000, 0x0111
_GENERAL_WARNINGS = (0x0107, 0x0116)  # attribute list error, attribute value out of range: stored all the same


def judged(status: int) -> Answer:
    """Say what a status of the Storage Service Class means (PS3.4 B.2.3, PS3.7 annex C).

    An object that the PACS has already counts as taken: ours is the same, byte by byte.

    Example:
        >>> [judged(status).outcome.value for status in (0x0000, 0xB007, 0x0111, 0xA700, 0xA900, 0xC000, 0x0122)]
        ['taken', 'taken', 'taken', 'busy', 'refused', 'refused', 'refused']
        >>> judged(0xA900).reason
        'status A900'
    """
    reason = f"status {status:04X}"
    if status in (_SUCCESS, _DUPLICATE, *_GENERAL_WARNINGS) or status & 0xF000 == 0xB000:
        return Answer(Outcome.TAKEN, "" if status == _SUCCESS else reason)
    return Answer(Outcome.BUSY if status & 0xFF00 == 0xA700 else Outcome.REFUSED, reason)
