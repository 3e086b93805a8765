"""From the label names of a published model to finding ids; nothing is guessed."""

import difflib
from collections.abc import Iterable, Sequence

from ...errors import LabelError
from ...files import first_few
from ...labels import vocabulary


def finding_ids(labels: Sequence[str]) -> list[str | None]:
    """Find the finding that every output of a network stands for.

    A label is a finding id, or a spelling that the vocabulary declares for any label source. Where sources mean
    different findings by it, it is the one of which the others are kinds, and unknown if there is none.

    Args:
        labels: one an output; empty for an output that was not trained.

    Returns:
        Finding ids in the same order, None for an untrained output.

    Raises:
        LabelError: a label that no source declares, two labels of one finding, or no trained output at all.

    Example:
        >>> finding_ids(["Pleural_Thickening", "", "Lung Opacity", "copd"])
        ['pleural_thickening', None, 'lung_opacity', 'copd']
    """
    spellings: dict[str, set[str]] = {}
    for finding in vocabulary():
        for spelling in (finding.id, *(name for names in finding.names.values() for name in names)):
            spellings.setdefault(spelling, set()).add(finding.id)
    known = {spelling: broadest for spelling, ids in spellings.items() for broadest in _broadest(ids)}
    unknown = [label for label in labels if label and label not in known]
    if unknown:
        raise LabelError(
            f"labels without a finding: {first_few([_with_hint(label, known) for label in unknown], 20)}; "
            "give finding ids or declared spellings, or leave an output empty"
        )
    ids = [known[label] if label else None for label in labels]
    trained = [identifier for identifier in ids if identifier]
    if not trained:
        raise LabelError("every output is left empty; name those that were trained")
    for identifier in trained:
        twins = [label for label, other in zip(labels, ids, strict=True) if other == identifier]
        if len(twins) > 1:
            raise LabelError(f"labels {' and '.join(map(repr, twins))} mean '{identifier}'; leave all but one empty")
    return ids


def _broadest(ids: set[str]) -> list[str]:
    """The one of which all others are kinds; none where there is no such one."""
    return [one for one in ids if all(one in vocabulary().ancestors(other) for other in ids - {one})]


def _with_hint(label: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(label, list(known), n=1)
    return f"{label!r} (near {near[0]!r})" if near else repr(label)
