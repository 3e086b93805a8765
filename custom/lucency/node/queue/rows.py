"""Rows of the table of jobs."""

import json
from collections.abc import Collection

from ...errors import one_line
from ..jobs import Job, Kind, State
from .database import Row

COLUMNS = (
    "id, sop_instance_uid, sop_class_uid, sender, path, recipe, state, kind, reason, attempts, lease, digest, "
    "products, received, started, built, finished"
)
"""As `job` reads them."""
_LONGEST_REASON = 1000


def job(row: Row) -> Job:
    """A job from its row."""
    (number, uid, sop_class, sender, path, recipe, state, kind, reason, attempts, lease, digest, products, *times) = row
    received, started, built, finished = times
    return Job(
        id=number,
        sop_instance_uid=uid,
        sop_class_uid=sop_class,
        sender=sender,
        path=path,
        recipe=recipe,
        state=State(state),
        kind=None if kind is None else Kind(kind),
        reason=reason,
        attempts=attempts,
        lease=lease,
        digest=digest,
        products=tuple(json.loads(products)),
        received=received,
        started=started,
        built=built,
        finished=finished,
    )


def storable(text: str) -> str:
    r"""Spell out what a database cannot hold; peers send whatever bytes they like.

    Example:
        >>> storable("CT\x00\udcff")
        'CT\\x00\\udcff'
    """
    return text.replace("\0", r"\x00").encode("utf-8", "backslashreplace").decode()


def storable_reason(text: str) -> str:
    """One line, and not a long one."""
    return storable(one_line(text))[:_LONGEST_REASON]


def placeholders(values: Collection[object]) -> tuple[str, dict[str, object]]:
    """Parameters of ``IN (...)``.

    Example:
        >>> placeholders(["a", "b"])
        (':v0, :v1', {'v0': 'a', 'v1': 'b'})
    """
    named = {f"v{number}": value for number, value in enumerate(values)}
    return ", ".join(f":{name}" for name in named), named
