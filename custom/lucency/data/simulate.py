"""From a study table with true labels to one with the defects of real ones."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from .. import __version__
from ..errors import ConfigError, TableError
from ..files import first_few, write_atomically
from ..labels.simulate import chain
from ..labels.simulate.chain import Step
from .fingerprint import table_fingerprint
from .importers import relative_to_table
from .simulation_record import label_changes
from .simulation_steps import with_scores
from .split_record import check_split_record
from .study_table import read_study_table, write_study_table
from .validation import SPLITS, finding_columns


def simulate_table(
    table: str | Path,
    out: str | Path,
    steps: Sequence[Step],
    *,
    splits: Sequence[str] = ("train",),
    seed: int = 0,
    by: Literal["image", "study"] = "image",
    findings: Sequence[str] | None = None,
) -> dict[str, Any]:
    r"""Write `table.csv` with simulated label defects, `truth.csv` without and `simulation.json` into a folder.

    Each split is simulated on its own, so that one does not depend on which others are asked for. Labels of the
    other splits are the truth in both tables.

    Args:
        table: study table that holds the truth. What it does not mention stays unmentioned.
        out: folder, not that of the table; files of an earlier simulation there are replaced.
        steps: kinds of `lucency.labels.simulate`, in turn; see `chain`. `scores` name a table with a column image.
        splits: which labels to simulate. Clean validation labels are knowledge that training does not have: add `val`
            to select models on labels like those of training.
        seed: same seed, table and steps: same labels.
        by: what a draw belongs to. With `study`, images of one study with the same truth get the same labels, as from
            one report.
        findings: columns to simulate; all if not given.

    Returns:
        The record: input and outputs with their fingerprints, steps, seed, and as `labels` what `label_changes` counts.

    Raises:
        TableError: the table is not valid, has no such split or finding, or would be overwritten; `out` holds another
            data set; a study is blank with `by="study"`.
        ConfigError, LabelError: as `chain`.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "truth.csv").write_text(
        ...     "image,patient,study,view,age,sex,source,split,edema,mass\n"
        ...     "a.png,1,1,PA,61,F,nih,train,positive,positive\n"
        ... )
        >>> record = simulate_table(folder / "truth.csv", folder / "spml", ["single_positive"], seed=1)
        >>> frame = read_study_table(folder / "spml" / "table.csv", check_files=False)
        >>> frame[["image", "edema", "mass"]].values.tolist()
        [['../a.png', 'positive', 'unmentioned']]
        >>> record["labels"]["findings"]["mass"]["changes"]
        {'positive to unmentioned': 1}
    """
    table, out = Path(table), Path(out)
    _check_folder(table, out)
    frame = read_study_table(table, check_files=False)
    check_split_record(frame, table)
    chosen = _check_findings(frame, findings, str(table))
    splits = _check_splits(frame, splits, str(table))
    touched = frame["split"].isin(splits)
    ready, recorded = with_scores(steps, frame[touched])
    keys = _keys(frame, by, str(table))
    parts = [rows for _, rows in frame[touched].groupby("split")]
    simulated = pd.concat([chain(rows, ready, seed=seed, findings=chosen, keys=keys[rows.index]) for rows in parts])
    truth = relative_to_table(frame, table.parent, out / "truth.csv")
    result = pd.concat([truth[~touched], simulated.assign(image=truth["image"])]).sort_index()
    frames = {"table": result, "truth": truth}
    record = {
        "lucency": __version__,
        "input": {"file": table.name, "fingerprint": table_fingerprint(frame)},
        **{role: {"file": f"{role}.csv", "fingerprint": table_fingerprint(frames[role])} for role in frames},
        "steps": recorded,
        "seed": seed,
        "splits": splits,
        "by": by,
        "images": {"before": int(touched.sum()), "after": len(simulated)},
        "labels": label_changes(frame[touched], simulated, chosen),
    }
    # first, so that a killed run leaves a folder that the next run may fill
    write_atomically(out / "simulation.json", json.dumps(record, indent=2, default=_plain) + "\n")
    for role in frames:
        write_study_table(frames[role], out / f"{role}.csv")
    return record


def _check_folder(table: Path, out: Path) -> None:
    if out.suffix in (".csv", ".parquet", ".json") or out.is_file():
        raise TableError(f"{out}: is no folder; name one for table.csv, truth.csv and simulation.json")
    if out.resolve() == table.resolve().parent:
        raise TableError(f"{out}: is the folder of {table.name} itself; name another, so that the truth stays whole")
    strange = [name for name in ("table.csv", "truth.csv") if (out / name).exists()]
    if strange and not (out / "simulation.json").exists():
        raise TableError(f"{out}: holds a {first_few(strange)} that is no simulation; name another folder")


def _check_findings(frame: pd.DataFrame, findings: Sequence[str] | None, name: str) -> list[str]:
    known = finding_columns(frame)
    if findings is None:
        return known
    for finding in findings:
        if finding not in known:
            raise TableError(f"{name}: has no finding '{finding}'; it has {', '.join(known)}")
    return list(findings)


def _check_splits(frame: pd.DataFrame, splits: Sequence[str], name: str) -> list[str]:
    if "split" not in frame:
        raise TableError(f"{name}: has no column split; divide the patients with 'lucency split'")
    for split in splits:
        if split not in SPLITS:
            raise ConfigError(f"unknown split '{split}'; use {', '.join(SPLITS)}")
        if not frame["split"].eq(split).any():
            raise TableError(f"{name}: no row is in split '{split}'; it has {', '.join(sorted(set(frame['split'])))}")
    if not splits:
        raise ConfigError(f"no split to simulate; name one or more of {', '.join(SPLITS)}")
    return list(dict.fromkeys(splits))


def _keys(frame: pd.DataFrame, by: str, name: str) -> pd.Series:
    if by == "image":
        return frame["image"]
    if by != "study":
        raise ConfigError(f"simulation: by cannot be {by!r}; use image or study")
    blank = frame.loc[frame["study"].eq(""), "image"]
    if len(blank):
        raise TableError(f"{name}: study is blank for image {first_few(blank.tolist())}; use by image")
    return frame["patient"] + "\0" + frame["study"]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else dict(value)  # a number of NumPy, a mapping or series
