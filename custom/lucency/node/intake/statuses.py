"""Statuses of C-STORE."""

import errno

from ..queue.errors import DiskFullError
from .intake import NodeFullError

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700
CANNOT_UNDERSTAND = 0xC000
"""Statuses of C-STORE (PS3.4 B.2.3)."""


def status_of(error: Exception) -> int:
    """What a peer is told of an error: to try again later, or that the object was not taken.

    Example:
        >>> [hex(status_of(error)) for error in (NodeFullError("queue"), OSError(28, "No space left"), ValueError())]
        ['0xa700', '0xa700', '0xc000']
    """
    full = isinstance(error, NodeFullError | DiskFullError)
    if full or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
        return OUT_OF_RESOURCES
    return CANNOT_UNDERSTAND
