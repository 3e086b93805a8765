"""How far readers of the same cells agree, finding by finding."""

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import LabelError
from ..labels import LabelState, encode_states
from .ledger import LabelEntry

_STATES = len(LabelState)


def reader_agreement(entries: Iterable[LabelEntry]) -> pd.DataFrame:
    """For each finding, in how many cells readers contradict each other.

    A cell is what several readers said of one finding on one image in one round; cells with one verdict tell nothing
    and do not count. States are three kinds without an order (positive, negative, uncertain).

    Args:
        entries: verdicts, as `Ledger.verdicts` returns them. Leave an adjudicator out who saw the others' verdicts.

    Returns:
        One row a finding, by name, then one for all findings together, named "": `cells`; `conflicts`, those
        whose verdicts are not all equal; `share` of conflicts; `agreement`, share of pairs of verdicts that
        are equal, averaged over cells; `kappa`, see `fleiss_kappa`.

    Example:
        >>> yes, no = "positive", "negative"
        >>> said = {"a.png": (yes, yes), "b.png": (no, no), "c.png": (yes, no)}
        >>> entries = [
        ...     LabelEntry(image=image, finding="mass", state=state, source="", reader=f"R{at}", round=1)
        ...     for image, states in said.items() for at, state in enumerate(states)
        ... ]
        >>> reader_agreement(entries).round(2).to_dict("records")[0]
        {'finding': 'mass', 'cells': 3, 'conflicts': 1, 'share': 0.33, 'agreement': 0.67, 'kappa': 0.33}
    """
    frame = _verdicts(entries)
    groups = frame.groupby(["round", "image", "finding"], sort=False)
    cell = groups.ngroup().to_numpy()
    counts = np.bincount(cell * _STATES + frame["code"].to_numpy(), minlength=groups.ngroups * _STATES)
    counts = counts.reshape(-1, _STATES)
    several = counts.sum(axis=1) > 1
    findings = frame["finding"].to_numpy(dtype=object)[np.unique(cell, return_index=True)[1]][several]
    rows = [(finding, counts[several][findings == finding]) for finding in sorted(set(findings))]
    rows.append(("", counts[several]))
    return pd.DataFrame([_row(finding, part) for finding, part in rows])


def pair_agreement(entries: Iterable[LabelEntry]) -> pd.DataFrame:
    """For each finding and two readers who read the same cells: how often they agree, and Cohen's kappa.

    Args:
        entries: as for `reader_agreement`.

    Returns:
        Columns finding, first, second (readers), cells, agreement, kappa; sorted.

    Example:
        >>> entries = [
        ...     LabelEntry(image="a.png", finding="mass", state="positive", source="", reader=reader, round=1)
        ...     for reader in ("R2", "R1")
        ... ]
        >>> pair_agreement(entries)[["finding", "first", "second", "cells", "agreement"]].values.tolist()
        [['mass', 'R1', 'R2', 1, 1.0]]
    """
    frame = _verdicts(entries)
    rows = []
    for finding, part in frame.groupby("finding"):
        table = part.pivot(index=["round", "image"], columns="reader", values="code")
        for first, second in combinations(sorted(table.columns), 2):
            both = table[[first, second]].dropna().to_numpy().astype(np.int8).T
            if both.shape[1]:
                rows.append((finding, first, second, both.shape[1], float((both[0] == both[1]).mean()), _cohen(*both)))
    return pd.DataFrame(rows, columns=["finding", "first", "second", "cells", "agreement", "kappa"])


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> float:
    r"""Agreement of two readers beyond chance, $\kappa = (p_o - p_e) / (1 - p_e)$.

    $p_o$ is the share of cells in which they agree, $p_e = \sum_s p_s q_s$ the share in which they would by chance,
    with $p_s$ and $q_s$ the shares of state s among the verdicts of each. Cohen, Educ. Psychol. Meas. 20 (1960), 37-46.

    Args:
        first: states that one reader gives, cell by cell.
        second: those of the other.

    Returns:
        At most 1; NaN without cells, and where both give one and the same state everywhere.

    Raises:
        LabelError: they differ in length, or a value is no label state.

    Example:
        >>> first, second = ["positive", "positive", "negative", "negative"], ["positive"] * 3 + ["negative"]
        >>> cohen_kappa(first, second)
        0.5
    """
    if len(first) != len(second):
        raise LabelError(
            f"cohen_kappa: {len(first)} verdicts of one reader, {len(second)} of the other; give the same cells"
        )
    return _cohen(encode_states(list(first)), encode_states(list(second)))


def fleiss_kappa(counts: NDArray[np.int64]) -> float:
    r"""Agreement of any number of readers beyond chance, $\kappa = (\bar P - P_e) / (1 - P_e)$.

    Of the $n_i$ verdicts on cell i, $n_{is}$ give state s: $P_i = \sum_s n_{is} (n_{is} - 1) / (n_i (n_i - 1))$,
    $\bar P$ is their mean, $P_e = \sum_s p_s^2$ with $p_s$ the share of s among all verdicts. Fleiss, Psychol. Bull. 76
    (1971), 378-382, for equal $n_i$; that cells may have different numbers of readers is our extension.

    Args:
        counts: int (cells, states); each row sums to 2 or more.

    Returns:
        At most 1; NaN without cells, and where all verdicts are the same.

    Example:
        >>> fleiss_kappa(np.array([[3, 0], [0, 3]]))
        1.0
    """
    if not len(counts):
        return float("nan")
    chance = float(((counts.sum(axis=0) / counts.sum()) ** 2).sum())
    return _beyond_chance(_mean_agreement(counts), chance)


def _mean_agreement(counts: NDArray[np.int64]) -> float:
    readers = counts.sum(axis=1)
    return float(((counts * (counts - 1)).sum(axis=1) / (readers * (readers - 1))).mean())


def _cohen(first: NDArray[np.int8], second: NDArray[np.int8]) -> float:
    if not len(first):
        return float("nan")
    shares = [np.bincount(codes, minlength=_STATES) / len(codes) for codes in (first, second)]
    return _beyond_chance(float((first == second).mean()), float(shares[0] @ shares[1]))


def _beyond_chance(observed: float, chance: float) -> float:
    return (observed - chance) / (1 - chance) if chance < 1 else float("nan")


def _row(finding: str, counts: NDArray[np.int64]) -> dict[str, object]:
    conflicts = int((counts.max(axis=1) < counts.sum(axis=1)).sum()) if len(counts) else 0
    return {
        "finding": finding,
        "cells": len(counts),
        "conflicts": conflicts,
        "share": conflicts / len(counts) if len(counts) else float("nan"),
        "agreement": _mean_agreement(counts) if len(counts) else float("nan"),
        "kappa": fleiss_kappa(counts),
    }


def _verdicts(entries: Iterable[LabelEntry]) -> pd.DataFrame:
    """Verdicts of readers with the number of their state."""
    read = [(entry.round, entry.image, entry.finding, entry.reader, entry.state) for entry in entries if entry.reader]
    frame = pd.DataFrame(read, columns=["round", "image", "finding", "reader", "state"])
    return frame.assign(code=encode_states(frame["state"]).astype(np.int64))
