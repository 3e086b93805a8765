"""Of a noisy study table, the labels that are trusted: what a network is trained on after co-teaching."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data.validation import finding_columns
from ..errors import TableError
from ..files import first_few
from ..labels import IMPLIED, LABELLED, SHARE, LabelState, cell_lists, encode_states, labelled_cells, listed_cells
from ..labels.knowledge import unlisted_ids
from ..labels.states import NEGATIVE, POSITIVE
from .named_cells import named_cells

Cells = NDArray[np.bool_]
_MEND = "give those of this table"
_COLUMNS = ("image", "finding", "observed", "kept", "kept_second")


def trusted_table(
    frame: pd.DataFrame, entries: pd.DataFrame, relabelled: Iterable[tuple[str, str]] = ()
) -> pd.DataFrame:
    """Study table in which training labels that nobody vouches for are unknown, under every `TargetPolicy`.

    A label stays if a reader gave it, or if both networks of a co-teaching run keep it. Every other label of
    `entries` becomes unmentioned and leaves column `labelled` (made if there is none), so that no policy takes silence
    for absence there; it leaves `implied`, and its `share_<finding>` is blank. Labels that were unknown in that run,
    findings that it was not trained on, and images of other splits stay as they are.

    Under ``unmentioned="negative_if_no_finding"`` what only followed from a `no_finding` that is no longer trusted is
    unknown, too.

    Khanal et al., MICCAI 2024 (arXiv:2407.05973), go on with images that one network keeps, or that were read again;
    to ask both networks, and for single labels, is ours.

    Args:
        frame: study table that co-teaching was trained on, as it is now, such as `Ledger.frame()`.
        entries: `entries.parquet` of the run.
        relabelled: image and finding of each cell that a reader gave, such as those of `Ledger.verdicts()`.

    Returns:
        A new table with the same rows.

    Raises:
        TableError: `entries` or `relabelled` name what the table does not hold, name a label twice, or are of other
            labels than the table has; a column of `entries` is missing, or holds something else.

    Example:
        >>> about = dict(patient="1", study="", view="", age=61.0, sex="", source="nih")
        >>> frame = pd.DataFrame([{"image": f"{name}.png", **about, "mass": "positive"} for name in "abc"])
        >>> kept = dict(kept=[True, True, False], kept_second=[True, False, False])
        >>> entries = pd.DataFrame({"image": frame["image"], "finding": "mass", "observed": 1, **kept})
        >>> trusted_table(frame, entries, relabelled=[("c.png", "mass")])[["image", "labelled", "mass"]].values.tolist()
        [['a.png', 'mass', 'positive'], ['b.png', '', 'unmentioned'], ['c.png', 'mass', 'positive']]
    """
    missing = [column for column in _COLUMNS if column not in entries]
    if missing:
        raise TableError(f"entries: column {first_few(missing)} is missing; give entries.parquet of a co-teaching run")
    findings = finding_columns(frame)
    rows, columns = named_cells(frame["image"], findings, entries, "entries", _MEND)
    training = frame["split"].eq("train").to_numpy() if "split" in frame else np.ones(len(frame), dtype=bool)
    if not training[rows].all():
        strange = entries.loc[~training[rows], "image"].unique().tolist()
        raise TableError(f"entries: image {first_few(strange)} is not of split train; give the entries of this table")
    observed, kept = np.full((2, len(frame), len(findings)), -1, dtype=np.int8)
    observed[rows, columns] = _numbers(entries["observed"], {"1": 1, "0": 0})
    kept[rows, columns] = np.minimum(*(_numbers(entries[one], {"true": 1, "false": 0}) for one in _COLUMNS[3:]))
    read = np.zeros(kept.shape, dtype=bool)
    cells = pd.DataFrame(list(relabelled), columns=["image", "finding"], dtype=str)
    read[named_cells(frame["image"], findings, cells, "relabelled", _MEND, once=False)] = True
    trained = np.isin(findings, entries["finding"].unique().tolist())
    _check_same_labels(frame, findings, observed, training[:, None] & trained & ~read)
    return _without(frame, findings, (kept == 0) & ~read)


def _numbers(values: pd.Series, known: Mapping[str, int]) -> NDArray[np.int8]:
    """A column as numbers; one that was read from CSV holds texts, of which each would count as true."""
    codes, kinds = pd.factorize(values, use_na_sentinel=False)
    numbers = [known.get(str(kind).lower(), -1) for kind in kinds]
    if -1 in numbers:
        strange = kinds[numbers.index(-1)]
        raise TableError(f"entries: column {values.name} holds '{strange}'; give {' or '.join(known)}")
    return np.array(numbers, dtype=np.int8)[codes]


def _check_same_labels(frame: pd.DataFrame, findings: list[str], observed: NDArray[np.int8], cells: Cells) -> None:
    """Raise TableError unless every positive or negative label of some cells is that of `entries`."""
    states = encode_states(frame[findings])
    label = np.select([states == POSITIVE, states == NEGATIVE], [1, 0], -1)
    wrong = cells & (label >= 0) & (label != observed)
    if wrong.any():
        places = np.argwhere(wrong)
        named = [f"{findings[column]} of {frame['image'].iloc[row]}" for row, column in places[:3]]
        raise TableError(
            f"entries: {first_few([*named, *places[3:]])} has another label in the study table, which no reader gave; "
            "give the entries of a run on this table"
        )


def _without(frame: pd.DataFrame, findings: list[str], dropped: Cells) -> pd.DataFrame:
    """The table without some labels."""
    result = frame.copy()
    for place, finding in enumerate(findings):
        gone = dropped[:, place]
        result[finding] = frame[finding].mask(gone, LabelState.UNMENTIONED.value)
        if SHARE + finding in frame:
            result[SHARE + finding] = frame[SHARE + finding].mask(gone, "")
    lists = {LABELLED: labelled_cells(frame, findings)}
    if IMPLIED in frame:
        lists[IMPLIED] = listed_cells(frame[IMPLIED], findings)
    for column, listed in lists.items():
        others = unlisted_ids(frame[column], findings) if column in frame else []  # findings without a column
        known = [listed & ~dropped, *([listed_cells(frame[column], others)] if others else [])]
        texts = cell_lists(np.concatenate(known, axis=1), [*findings, *others])
        result[column] = pd.Series(texts, frame.index, dtype=str)
    return result
