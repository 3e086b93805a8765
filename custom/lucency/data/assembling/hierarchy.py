"""What a stated finding says about broader and narrower ones."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...labels import vocabulary
from ...labels.states import NEGATIVE, POSITIVE, UNMENTIONED

_BESIDE_NO_FINDING = ("no_finding", "support_devices")  # a radiograph without a finding may well show a pacemaker


def kinships(findings: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of every finding and each of its broader ones, also where those between them are not listed.

    Example:
        >>> kinships(["lung_opacity", "effusion", "pneumonia"])
        [(2, 0)]
    """
    position = {finding: at for at, finding in enumerate(findings)}
    return [
        (at, position[broader])
        for at, finding in enumerate(findings)
        for broader in vocabulary().ancestors(finding)
        if broader in position
    ]


def implied_states(
    states: NDArray[np.int8], findings: Sequence[str], given: NDArray[np.int8] | None = None
) -> NDArray[np.int8]:
    """What follows for findings that nobody mentions.

    A positive finding makes each broader one positive; a negative finding makes each narrower one negative. A finding
    for which both would follow stays unmentioned, and so does one of which only uncertain kinds are known.

    Args:
        states: int8 (L, N), as `encode_states` numbers them.
        findings: L ids.
        given: int8 (L, N), states that are known to be implied already; they speak where nothing is stated.

    Returns:
        int8 (L, N): positive or negative where `states` is unmentioned and something follows, else unmentioned.

    Example:
        >>> implied_states(np.array([[0, 3], [3, 1]], dtype=np.int8), ["pneumonia", "lung_opacity"]).tolist()
        [[3, 1], [0, 3]]
    """
    known = states if given is None else np.where(states == UNMENTIONED, given, states)
    positive, negative = known == POSITIVE, known == NEGATIVE
    up, down = (positive, negative) if given is None else (positive.copy(), negative.copy())
    up, down = up & (states == UNMENTIONED), down & (states == UNMENTIONED)
    for kind, broader in kinships(findings):
        up[broader] |= positive[kind]
        down[kind] |= negative[broader]
    result = np.full_like(states, UNMENTIONED)
    result[up & ~down] = POSITIVE
    result[down & ~up] = NEGATIVE
    result[states != UNMENTIONED] = UNMENTIONED
    return result


def contradictions(states: NDArray[np.int8], findings: Sequence[str]) -> list[tuple[int, int, NDArray[np.intp]]]:
    """Rows that call a finding positive and so contradict themselves.

    Either a broader finding is negative there, or no_finding is positive too.

    Args:
        states: int8 (L, N).
        findings: L ids.

    Returns:
        Position of the positive finding, position of the finding that it contradicts, and the rows.

    Example:
        >>> contradictions(np.array([[0, 0], [1, 3]], dtype=np.int8), ["pneumonia", "lung_opacity"])
        [(0, 1, array([0]))]
    """
    pairs = [(kind, broader, NEGATIVE) for kind, broader in kinships(findings)]
    if "no_finding" in findings:
        healthy = findings.index("no_finding")
        pairs += [(at, healthy, POSITIVE) for at, name in enumerate(findings) if name not in _BESIDE_NO_FINDING]
    found = [
        (at, other, np.flatnonzero((states[at] == POSITIVE) & (states[other] == state))) for at, other, state in pairs
    ]
    return [(at, other, rows) for at, other, rows in found if rows.size]
