"""What a simulation did to the labels, in numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..labels import LabelState, encode_states
from ..labels.states import POSITIVE, UNMENTIONED

_STATES = [state.value for state in LabelState]


def label_changes(truth: pd.DataFrame, simulated: pd.DataFrame, findings: Sequence[str]) -> dict[str, Any]:
    """Count the states of the findings before and after, and what became what.

    Args:
        truth: study table before.
        simulated: the same table after; images that were dropped are absent.
        findings: columns to compare.

    Returns:
        `before` and `after`, the count of each state; `changed`, the count of the labels that changed on images that
        are in both, and `changes`, how many of each change, such as `"positive to unmentioned"`; `positive_kept`, the
        share of the true positives that are still labelled so; `positive_among_unmentioned`, the share of the
        unmentioned labels that hide a positive (None for a share of nothing). The same of each finding, in `findings`.

    Example:
        >>> truth = pd.DataFrame({"image": ["a", "b"], "edema": ["positive", "negative"]})
        >>> counts = label_changes(truth, truth.assign(edema="unmentioned"), ["edema"])
        >>> counts["changes"], counts["positive_kept"], counts["positive_among_unmentioned"]
        ({'positive to unmentioned': 1, 'negative to unmentioned': 1}, 0.0, 0.5)
    """
    before, after = encode_states(truth[list(findings)]), encode_states(simulated[list(findings)])
    same = before[pd.Index(truth["image"]).get_indexer(pd.Index(simulated["image"]))]
    columns = {finding: slice(column, column + 1) for column, finding in enumerate(findings)}
    by_finding = {name: _changes(before[:, at], same[:, at], after[:, at]) for name, at in columns.items()}
    return {**_changes(before, same, after), "findings": by_finding}


def describe(record: Mapping[str, Any], out: str | Path) -> str:
    """Lines for people about a simulation in folder `out`."""
    labels, images, splits = record["labels"], record["images"], ", ".join(record["splits"])
    lines = [
        f"{out}: table.csv, truth.csv, simulation.json; {images['after']} images in split {splits}",
        f"{labels['changed']} of {sum(labels['after'].values())} labels changed",
    ]
    if images["before"] > images["after"]:
        lines.append(f"{images['before'] - images['after']} images without a positive dropped")
    for share, text in (
        ("positive_kept", "of the true positives are labelled positive"),
        ("positive_among_unmentioned", "of the unmentioned labels are true positives"),
    ):
        if labels[share] is not None:
            lines.append(f"{labels[share]:.1%} {text}")
    if labels["before"]["unmentioned"]:
        lines.append(f"{labels['before']['unmentioned']} labels are unmentioned in the truth, and stay so")
    return "\n".join(lines)


def _changes(truth: NDArray[np.int8], same: NDArray[np.int8], after: NDArray[np.int8]) -> dict[str, Any]:
    """Counts for codes of all images before, and of those that are left before and after."""
    counts = np.zeros((4, 4), dtype=int)  # from the state of the row to that of the column
    np.add.at(counts, (same.ravel(), after.ravel()), 1)
    before = np.bincount(truth.ravel(), minlength=4)
    return {
        "before": _by_state(before),
        "after": _by_state(counts.sum(axis=0)),
        "changed": int(counts.sum() - np.trace(counts)),
        "changes": {
            f"{_STATES[old]} to {_STATES[new]}": int(counts[old, new])
            for old, new in np.argwhere(counts).tolist()
            if old != new
        },
        "positive_kept": _share(counts[POSITIVE, POSITIVE], before[POSITIVE]),
        "positive_among_unmentioned": _share(counts[POSITIVE, UNMENTIONED], counts[:, UNMENTIONED].sum()),
    }


def _by_state(counts: NDArray[np.int64]) -> dict[str, int]:
    return dict(zip(_STATES, counts.tolist(), strict=True))


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None
