"""Unique identifiers that follow from what they identify, so that the same answer never gets two of them."""

import json
import uuid

NAMESPACE = uuid.UUID("5b6e1c0e-9a35-5f0f-8d57-2c1c6a1d4e90")  # of everything that Lucency derives from a radiograph


def deterministic_uid(*parts: str) -> str:
    """UID under 2.25 that follows from the parts (PS3.5 B.2: a name-based UUID as a decimal number).

    Args:
        parts: what is identified, the kind of object first; their order and their borders count.

    Example:
        >>> deterministic_uid("report", "1.2.3") == deterministic_uid("report", "1.2.3")
        True
        >>> deterministic_uid("report", "1.2.3") == deterministic_uid("report1", ".2.3")
        False
    """
    return f"2.25.{uuid.uuid5(NAMESPACE, json.dumps(parts)).int}"
