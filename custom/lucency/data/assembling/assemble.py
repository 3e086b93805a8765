"""Many sources, one study table: what each says, what follows, where they disagree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import pandas as pd
from tqdm import tqdm

from ...errors import ConfigError
from ...labels import IMPLIED, LABELLED, vocabulary
from ..importers import Source
from ..splits import split_patients
from ..validation import REQUIRED_COLUMNS
from .choice import check_names, chosen_findings, unlabelled_sources
from .conflicts import find_conflicts, refuse_conflicts
from .doubts import doubts, strangers
from .duplicates import find_duplicates
from .figures import Figures, count_states
from .hierarchy import implied_states
from .image_hashes import Hash
from .merge import Groups, Resolution, merge
from .patients import Ties, own_splits, tie_patients
from .rows import Rows, rows_of, stack
from .table import study_table


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """An assembled study table, and what happened on the way.

    Attributes:
        frame: study table; see docs/how-to/assemble-archives.md.
        conflicts: see `find_conflicts`.
        figures: counts for the summary.
        notes: what the user should know, one line each.
    """

    frame: pd.DataFrame
    conflicts: pd.DataFrame
    figures: Figures
    notes: list[str]


def assemble(
    sources: Iterable[Source],
    *,
    folder: str | Path = ".",
    findings: Sequence[str] | None = None,
    implied: bool = True,
    conflicts: Resolution = "uncertain",
    hash: Hash = "bytes",
    allow_unlabelled: bool = False,
    split: Mapping[str, float] | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: bool = False,
) -> Assembly:
    """Assemble sources into one study table of partial labels.

    Rows of one image (`find_duplicates`) are merged (`merge`), their patients are one person (`tie_patients`), and what
    the hierarchy of findings implies is filled in (`implied_states`). Who labels what stays known: column `labelled`
    lists the findings that a source of the row labels, `implied` those that follow; every other cell is unmentioned,
    and no policy will make it negative. The order of the sources matters only for `conflicts="first"`; otherwise they
    are taken in the order of their names.

    Args:
        sources: as `read_source` returns them; of each only arrays are kept when the next is read.
        folder: of the table to be written; image paths start from it.
        findings: ids of the finding columns; all that a source labels, in the order of the vocabulary, if not given.
            What is not among them may still imply one that is.
        implied: whether to fill in what follows from other findings.
        conflicts: what becomes of a finding about which sources disagree: "uncertain", the state of the "first" source
            that mentions it, or an "error".
        hash: how files are compared; see `image_hashes`.
        allow_unlabelled: accept a finding in `findings` that no source labels.
        split: shares of train, val and test for `split_patients`; patients without any label are in train besides. If
            not given, the sources' own splits are kept, provided that all have one.
        seed: of the split.
        workers: threads or processes that compare files.
        progress: whether to show progress bars.

    Raises:
        ConfigError: no source, two of one name, or an unknown choice.
        LabelError: an unknown finding, one that no source labels, or a conflict with `conflicts="error"`.
        TableError: two different images without a folder have one name; or as `split_patients`.

    Example:
        >>> from lucency.data.importers import SourceSettings
        >>> def source(name, **states):
        ...     about = {"image": "1.png", "patient": "1", "study": "", "view": "PA", "age": 61.0, "sex": "F"}
        ...     frame = pd.DataFrame([about | {"source": name} | states])
        ...     return Source(importer="table", frame=frame, images=None, settings=SourceSettings(patients="nih"))
        >>> table = assemble([source("nih", edema="positive"), source("google", pneumothorax="negative")]).frame
        >>> table[["source", "patient", "edema", "pneumothorax"]].to_dict("records")
        [{'source': 'google+nih', 'patient': 'nih:1', 'edema': 'positive', 'pneumothorax': 'negative'}]

    References:
        M. Kang et al. Label-Assemble: leveraging multiple datasets with partial labels. arXiv 2109.12265.
    """
    _check_choice("conflicts", conflicts, get_args(Resolution))
    _check_choice("hash", hash, get_args(Hash))
    steps = tqdm(bar_format="{desc} [{elapsed}]", disable=not progress)
    steps.set_description_str("reading sources")
    parts = []
    for source in sources:
        part = rows_of(source, folder)
        steps.set_description_str(f"read {_name(part)}: {len(part.about)} images")
        parts.append((part, replace(source, frame=pd.DataFrame())))  # texts need not stay while the next is read
        del source
    check_names([part for part, _ in parts])
    if conflicts != "first":
        parts.sort(key=lambda part: _name(part[0]))
    chosen = chosen_findings(findings, [part for part, _ in parts])
    known = {finding for part, _ in parts for finding in part.findings} | set(chosen)
    rows = stack([part for part, _ in parts], [finding for finding in vocabulary().ids if finding in known])
    pools = unlabelled_sources(rows, chosen, allow_unlabelled)

    steps.set_description_str("comparing images")
    duplicates = find_duplicates(rows.about, hash, workers, progress)
    groups = Groups.of(duplicates.image)
    steps.set_description_str("merging")
    merged = merge(rows, groups, ~duplicates.named, conflicts)
    report = find_conflicts(rows, groups, merged, chosen)
    if conflicts == "error":
        refuse_conflicts(report)
    ties = tie_patients(rows.about, duplicates.image)
    follows = implied_states(merged.states, merged.findings, merged.implied) if implied else None
    frame = study_table(merged, follows, ties.patient.take(groups.first), chosen)
    steps.set_description_str("splitting")
    frame, moved, without_split = _with_split(frame, rows.about, ties, groups, split, seed)
    steps.close()

    figures = Figures(
        images={str(name): int(count) for name, count in rows.about["source"].value_counts().sort_index().items()},
        said=count_states(rows.about["source"], rows.states, rows.labelled, rows.findings),
        silent={_name(part): part.silent for part, _ in parts if part.silent},
        sources={_name(part): source for part, source in parts},
        duplicates=duplicates.reasons,
        differing=merged.differing,
        people=ties.people,
        moved=moved,
    )
    notes = strangers(figures.sources, merged.about["source"])
    notes += doubts(rows.about, duplicates, merged, ties, moved, pools, without_split)
    return Assembly(frame=frame, conflicts=report, figures=figures, notes=notes)


def _name(part: Rows) -> str:
    """Names of a table's rows; most have one."""
    return ", ".join(sorted(part.about["source"].unique()))


def _with_split(
    frame: pd.DataFrame, about: pd.DataFrame, ties: Ties, groups: Groups, split: Mapping[str, float] | None, seed: int
) -> tuple[pd.DataFrame, list[str], list[str]]:
    """The table with a column split if it can have one; who was in two splits; sources that have none."""
    without: list[str] = []
    moved: list[str] = []
    if split is not None:
        frame = _fresh_split(frame, split, seed)
    elif "split" in about and not about["split"].isna().any():
        splits, moved = own_splits(ties.patient, about["split"])
        frame["split"] = splits.take(groups.first).to_numpy()
    elif "split" in about:
        without = sorted(about.loc[about["split"].isna(), "source"].unique())
    else:
        without = sorted(about["source"].unique())
    if "split" in frame:
        columns = [column for column in frame if column != "split"]
        columns.insert(len(REQUIRED_COLUMNS), "split")
        frame = frame[columns]
    return frame, moved, without


def _fresh_split(frame: pd.DataFrame, split: Mapping[str, float], seed: int) -> pd.DataFrame:
    """Divide the patients of whom anything is labelled; the others can teach, but nothing can be tested on them."""
    labelled = frame["patient"].isin(frame.loc[frame[LABELLED].ne("") | frame[IMPLIED].ne(""), "patient"].unique())
    if labelled.all() or not labelled.any() or "train" not in split:
        return split_patients(frame, split, seed)
    divided = split_patients(frame[labelled], split, seed)["split"]
    return frame.assign(split=divided.reindex(frame.index, fill_value="train"))


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(f"{name}={value!r} is unknown; choose {', '.join(choices)}")
