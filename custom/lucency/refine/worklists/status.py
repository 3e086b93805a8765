"""What rounds of reading have come to, from the ledger alone."""

import numpy as np
import pandas as pd

from ...labels import encode_states
from ...labels.states import UNMENTIONED
from ..adjudication import Adjudication
from ..agreement import reader_agreement
from ..ledger import Ledger
from ..ledger.table import state_texts


def changed_labels(ledger: Ledger, adjudication: Adjudication | None = None) -> pd.DataFrame:
    """Labels that differ between one round and the next.

    Args:
        ledger: to look at.
        adjudication: of several verdicts; majority if not given.

    Returns:
        Columns `round`, `image`, `finding`, `before`, `after`; in the order of rounds and of the table.
    """
    rule = adjudication or Adjudication()
    findings = list(ledger.findings)
    table = ledger.frame(as_of_round=0)
    before, parts = encode_states(table[findings]), []
    for round in range(1, ledger.last_round + 1):
        after = encode_states(ledger.frame(as_of_round=round, adjudication=rule)[findings])
        rows, columns = np.nonzero(before != after)
        parts.append(
            pd.DataFrame(
                {
                    "round": round,
                    "image": table["image"].to_numpy()[rows],
                    "finding": np.array(findings, dtype=object)[columns],
                    "before": state_texts(before[rows, columns]),
                    "after": state_texts(after[rows, columns]),
                }
            )
        )
        before = after
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_CHANGED))


def round_status(ledger: Ledger, changes: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a round: questions, answers, and what the answers changed.

    Args:
        ledger: to look at.
        changes: of `changed_labels`; by majority if not given.

    Returns:
        Columns `round`, `asked`, `answered`, `open`, `verdicts`, `readers`; `changed`, labels that had been mentioned
        and differ since; `filled`, ones that had not been; `changed_per_asked`.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> about = dict(patient="1", study="", view="", age=61.0, sex="", source="nih")
        >>> frame = pd.DataFrame([{"image": "a.png", **about, "mass": "positive"}])
        >>> with Ledger.create(Path(tempfile.mkdtemp()) / "ledger.sqlite", frame) as ledger:
        ...     _ = ledger.ask(1, [("a.png", "mass")])
        ...     round_status(ledger)[["round", "asked", "open", "changed"]].values.tolist()
        [[1, 1, 1, 0]]
    """
    rounds = ledger.rounds()
    counts = _counted(changed_labels(ledger) if changes is None else changes, "round")
    status = pd.DataFrame(
        {
            "round": rounds["round"],
            "asked": rounds["asked"],
            "answered": rounds["read"],
            "open": rounds["asked"] - rounds["read"],
            "verdicts": rounds["verdicts"],
            "readers": rounds["readers"],
        }
    )
    for kind in ("changed", "filled"):
        status[kind] = rounds["round"].map(counts[kind]).fillna(0).astype(np.int64)
    return status.assign(changed_per_asked=status["changed"] / status["asked"])


def finding_status(ledger: Ledger, changes: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a finding that was asked about, over all rounds.

    Args:
        ledger: to look at.
        changes: of `changed_labels`; by majority if not given.

    Returns:
        Columns `finding`, `asked`, `answered`, `changed`, `filled` as in `round_status`; `read_twice`, cells with
        several verdicts, `conflicts` among them, and `kappa`, see `reader_agreement`.
    """
    verdicts = ledger.verdicts()
    asked = pd.Series(
        [finding for round in ledger.rounds()["round"] for _, finding in ledger.asked(round)], dtype=object
    ).value_counts()
    answered = pd.Series(
        [finding for _, _, finding in {(said.round, said.image, said.finding) for said in verdicts}], dtype=object
    ).value_counts()
    moved = _counted(changed_labels(ledger) if changes is None else changes, "finding")
    agreement = reader_agreement(verdicts).set_index("finding")
    findings = pd.Series([finding for finding in ledger.findings if finding in asked.index], dtype=str)
    counts = {
        "asked": asked,
        "answered": answered,
        "changed": moved["changed"],
        "filled": moved["filled"],
        "read_twice": agreement["cells"],
        "conflicts": agreement["conflicts"],
    }
    status = pd.DataFrame({"finding": findings})
    for name, values in counts.items():
        status[name] = findings.map(values).fillna(0).astype(np.int64)
    return status.assign(kappa=findings.map(agreement["kappa"]).astype(np.float64))


_CHANGED = ("round", "image", "finding", "before", "after")


def _counted(changes: pd.DataFrame, by: str) -> pd.DataFrame:
    """How many labels were changed, and filled, by round or finding."""
    silent = encode_states(changes["before"]) == UNMENTIONED
    groups = changes.assign(changed=~silent, filled=silent).groupby(by)
    return groups[["changed", "filled"]].sum()
