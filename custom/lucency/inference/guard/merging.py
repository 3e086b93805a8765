"""Putting single findings of the guard together: the worst outcome, all the reasons."""

from collections.abc import Iterable, Sequence

from ...results.schema import GuardResult
from .rules import Outcome

Found = tuple[Outcome, str]
"""Outcome and reason of one rule."""

_ORDER = ("not_run", "accept", "warning", "refuse")


def guard_result(found: Iterable[Found]) -> GuardResult:
    """Sum up what the rules found; reasons of the worst outcome come first.

    Example:
        >>> guard_result([("warning", "no view"), ("refuse", "a hand"), ("accept", "no age")])
        GuardResult(outcome='refuse', reasons=('a hand', 'no view'))
    """
    raised = sorted((one for one in found if one[0] != "accept"), key=lambda one: one[0] != "refuse")
    return GuardResult(outcome=raised[0][0] if raised else "accept", reasons=tuple(reason for _, reason in raised))


def merged(*results: GuardResult) -> GuardResult:
    """Put the results of several checks of one image together.

    Args:
        results: at least one.

    Returns:
        The worst outcome (``not_run``, ``accept``, ``warning``, ``refuse``) and all reasons, those of the worst first.

    Example:
        >>> merged(GuardResult(outcome="warning", reasons=("no view",)), GuardResult(outcome="accept"))
        GuardResult(outcome='warning', reasons=('no view',))
    """
    worst_first: Sequence[GuardResult] = sorted(results, key=lambda one: _ORDER.index(one.outcome), reverse=True)
    reasons = dict.fromkeys(reason for one in worst_first for reason in one.reasons)
    return GuardResult(outcome=worst_first[0].outcome, reasons=tuple(reasons))
