"""What a queue says when its database fails; no message quotes a row, so none can name a patient."""

from ...errors import LucencyError


class QueueError(LucencyError):
    """The database of the queue is locked, unreachable, damaged or refuses what was asked.

    After an error of `put` the object may have been entered all the same, as when a connection drops while it commits:
    leave its file where it is, and let whoever compares files with `paths` remove it if no job refers to it.
    """


class DiskFullError(QueueError):
    """The disk of the database is full; nothing was changed."""
