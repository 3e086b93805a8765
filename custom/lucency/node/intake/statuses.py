"""Statuses of C-STORE."""

from ..queue.errors import QueueError
from .intake import NodeFullError

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
CANNOT_UNDERSTAND = 0xC000
"""Statuses of C-STORE (PS3.4 B.2.3)."""


def status_of(error: Exception) -> int:
    """What a peer is told of an error: to try again later if the node is at fault, or that the object was not taken.

    Example:
        >>> [hex(status_of(error)) for error in (NodeFullError("queue"), OSError(28, "No space left"), ValueError())]
        ['0xa700', '0xa700', '0xc000']
    """
    return OUT_OF_RESOURCES if isinstance(error, NodeFullError | QueueError | OSError) else CANNOT_UNDERSTAND
