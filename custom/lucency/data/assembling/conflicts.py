"""Where sources disagree about one image, and where one row contradicts itself."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...errors import LabelError
from ...files import first_few
from ...labels import LabelState
from ...labels.states import UNMENTIONED
from .hierarchy import contradictions
from .merge import Groups, Merged
from .rows import Rows

CONFLICT_COLUMNS = (
    "kind",
    "image",
    "finding",
    "source",
    "state",
    "other_finding",
    "other_source",
    "other_state",
    "result",
)
"""Columns of the conflict report, one row a contradiction."""

_STATES = np.array([state.value for state in LabelState], dtype=object)


def find_conflicts(rows: Rows, groups: Groups, merged: Merged, findings: Sequence[str]) -> pd.DataFrame:
    """Everything that cannot be true at once.

    Args:
        rows: before merging.
        groups: which of them are one image.
        merged: after merging.
        findings: those to report.

    Returns:
        One row for each image, finding and pair of sources that mention it in different states (kind `sources`;
        `result` is the state in the table), for each positive finding beside a negative broader one (`hierarchy`) and
        for each positive finding beside a positive no_finding (`no_finding`); those stay as they are. All text.
    """
    wanted = [rows.findings.index(finding) for finding in findings]
    parts = [_between_sources(rows, groups, merged, at) for at in wanted if merged.disputed[at].any()]
    parts += _within_rows(merged, wanted, rows.findings)
    table = pd.concat([pd.DataFrame(columns=list(CONFLICT_COLUMNS), dtype="str"), *parts], ignore_index=True)
    return table.astype("str")


def refuse_conflicts(report: pd.DataFrame) -> None:
    """Raise a `LabelError` that names the first images about which sources disagree, if there are any."""
    found = report[report["kind"].eq("sources")]
    if len(found):
        named = [
            f"{row.finding} of image {row.image} ({row.source}: {row.state}, {row.other_source}: {row.other_state})"
            for row in found.head(3).itertuples()
        ]
        raise LabelError(
            f"sources disagree about {first_few([*named, *found.index[3:]])}; mend the labels, or choose to make them "
            "uncertain or to believe the first source"
        )


def _between_sources(rows: Rows, groups: Groups, merged: Merged, at: int) -> pd.DataFrame:
    image = np.repeat(groups.images, np.diff(np.append(groups.starts, len(groups.rows))))
    chosen = merged.disputed[at, image] & (rows.states[at, groups.rows] != UNMENTIONED)
    said = pd.DataFrame(
        {
            "image": image[chosen],
            "source": rows.about["source"].iloc[groups.rows[chosen]].to_numpy(),
            "state": rows.states[at, groups.rows[chosen]],
        }
    ).drop_duplicates(ignore_index=True)
    said["order"] = said.index
    pairs = said.merge(said, on="image", suffixes=("", "_other"))
    pairs = pairs[(pairs["order"] < pairs["order_other"]) & (pairs["state"] != pairs["state_other"])]
    return pd.DataFrame(
        {
            "kind": "sources",
            "image": merged.about["image"].take(pairs["image"].to_numpy(dtype=int)).to_numpy(),
            "finding": rows.findings[at],
            "source": pairs["source"].to_numpy(),
            "state": _STATES[pairs["state"].to_numpy(dtype=int)],
            "other_finding": rows.findings[at],
            "other_source": pairs["source_other"].to_numpy(),
            "other_state": _STATES[pairs["state_other"].to_numpy(dtype=int)],
            "result": _STATES[merged.states[at, pairs["image"].to_numpy(dtype=int)]],
        }
    )


def _within_rows(merged: Merged, wanted: Sequence[int], names: Sequence[str]) -> list[pd.DataFrame]:
    findings = [names[at] for at in wanted]
    states = merged.states[wanted]
    return [
        pd.DataFrame(
            {
                "kind": "no_finding" if findings[other] == "no_finding" else "hierarchy",
                "image": merged.about["image"].take(images).to_numpy(),
                "finding": findings[at],
                "source": merged.about["source"].take(images).to_numpy(),
                "state": _STATES[states[at, images]],
                "other_finding": findings[other],
                "other_source": merged.about["source"].take(images).to_numpy(),
                "other_state": _STATES[states[other, images]],
                "result": "as stated",
            }
        )
        for at, other, images in contradictions(states, findings)
    ]
