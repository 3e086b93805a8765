"""A study of which each image has the labels of one source only, while the truth is known."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..data import finding_columns, read_study_table
from ..errors import ConfigError, TableError
from ..files import first_few
from ..labels import TargetPolicy
from ..labels.policies import Unmentioned
from .study import Study

Deal = Literal["patients", "known"]


@dataclass(frozen=True, eq=False)
class AssembledStudy(Study):
    """A study whose images come from sources with labels of their own; what a source does not label is unknown.

    Epoch and rate are chosen by `clean`, the truth of the validation images, or by `observed`, what their sources say
    of them: each finding is judged by the images of the sources that label it.

    Args:
        sources: (N,) names; the blank name is an image without labels.

    Example:
        >>> observed = np.array([[1, np.nan], [np.nan, 0], [0, np.nan], [1, np.nan], [0, np.nan], [np.nan, 1]])
        >>> study = AssembledStudy(
        ...     name="tiny",
        ...     inputs=np.arange(12, dtype=np.float32).reshape(6, 2),
        ...     truth=np.nan_to_num(observed).astype(np.float32),
        ...     observed=observed.astype(np.float32),
        ...     patients=np.arange(6),
        ...     splits=np.array(["train", "train", "val", "val", "test", "test"]),
        ...     findings=("edema", "mass"),
        ...     sources=np.array(["a", "b", "a", "a", "a", "b"]),
        ... )
        >>> study.source_names, study.findings_of("a"), study.of_source("a", repeated=True).targets("observed").tolist()
        (('a', 'b'), ('edema',), [[1.0], [1.0]])
    """

    sources: NDArray[Any]

    @property
    def source_names(self) -> tuple[str, ...]:
        """Sources with training images, in alphabetical order."""
        return tuple(sorted(set(self.sources[self.rows("train")].tolist()) - {""}))

    def findings_of(self, source: str) -> tuple[str, ...]:
        """Findings of which the source labels training images."""
        own = self.rows("train")[self.sources[self.rows("train")] == source]
        known = ~np.isnan(self.observed[own]).all(axis=0)
        return tuple(finding for finding, labelled in zip(self.findings, known, strict=True) if labelled)

    def validation_labels(self, selection: str) -> NDArray[np.float32]:
        """Truth, or what the sources say with NaN for what they do not label; see the class."""
        rows = self.rows("val")
        return self.truth[rows] if selection == "clean" else self.observed[rows]

    def of_source(self, source: str, *, repeated: bool = False) -> Study:
        """The study that one source could do alone: its training images and its findings; all validation and test rows.

        Args:
            source: name.
            repeated: whether its training images are repeated until there are as many as in this study, so that an
                epoch has as many steps.
        """
        train = self.rows("train")
        own = train[self.sources[train] == source]
        own = np.resize(own, len(train)) if repeated else own
        rows = np.concatenate([own, self.rows("val"), self.rows("test")])
        return self.part(self.findings_of(source), rows, name=f"{self.name}, {source} alone")

    def part(self, findings: Sequence[str], rows: NDArray[np.intp] | None = None, **changes: Any) -> "AssembledStudy":
        """Some findings, in this order, of some rows.

        Args:
            findings: ids.
            rows: places, with repetition if you like; all if not given.
            changes: other fields of the class, such as `name`.
        """
        columns = [self.findings.index(finding) for finding in findings]
        rows = np.arange(len(self.inputs)) if rows is None else rows
        arrays = {
            field.name: getattr(self, field.name)[rows]
            for field in fields(self)
            if field.name not in ("name", "findings")
        }
        arrays |= {"truth": arrays["truth"][:, columns], "observed": arrays["observed"][:, columns]}
        return replace(self, findings=tuple(findings), **arrays | changes)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of what `Study.fingerprint` covers and of the sources."""
        told = json.dumps([super().fingerprint, self.sources.tolist()])
        return hashlib.sha256(told.encode()).hexdigest()


def assembled_study(
    table: str | Path,
    inputs: NDArray[Any],
    sources: Mapping[str, Sequence[str]],
    *,
    deal: Deal = "patients",
    unmentioned: Unmentioned = "unknown",
    seed: int = 0,
    name: str | None = None,
) -> AssembledStudy:
    r"""Study of a table whose labels are hidden but for those that the source of an image would give.

    Args:
        table: study table with column split. What its column `labelled`, if any, leaves out is unknown in the truth.
        inputs: images or features in the order of its rows.
        sources: findings that each source labels; their union are the outputs, in the table's order.
        deal: which source an image belongs to. `patients`: each patient to one source, at random, in equal shares.
            `known`: to the first source all of whose findings the table knows of the image.
        unmentioned: what the table's own unmentioned labels are taken for; `negative` for NIH.
        seed: of the dealing, which is done once for all runs.
        name: of the study; the table's folder if not given.

    Raises:
        TableError, LabelError: the table does not hold what it must, or an image belongs to no source.
        ConfigError: inputs and rows differ in number, or `sources` or `deal` make no sense.

    Example:
        >>> import tempfile
        >>> rows = range(1, 25)
        >>> lines = [
        ...     f"{row}.png,p{row},s{row},PA,50,F,mine,{'train val test'.split()[row % 3]},"
        ...     + ",".join("positive" if row // 3 % number else "negative" for number in (2, 3, 4))
        ...     for row in rows
        ... ]
        >>> table = Path(tempfile.mkdtemp(), "table.csv")
        >>> head = "image,patient,study,view,age,sex,source,split,cardiomegaly,edema,effusion"
        >>> _ = table.write_text("\n".join([head, *lines]))
        >>> two = {"a": ["effusion", "edema"], "b": ["cardiomegaly", "effusion"]}
        >>> study = assembled_study(table, np.zeros((24, 3), np.float32), two, name="mine")
        >>> study.findings, study.findings_of("b")
        (('cardiomegaly', 'edema', 'effusion'), ('cardiomegaly', 'effusion'))
    """
    frame = read_study_table(table, check_files=False)
    if len(frame) != len(inputs):
        raise ConfigError(f"{table}: has {len(frame)} rows for {len(inputs)} inputs; extract the inputs again")
    if "split" not in frame:
        raise TableError(f"{table}: has no column split; divide the patients with split_patients")
    if absent := sorted({finding for own in sources.values() for finding in own} - set(finding_columns(frame))):
        raise TableError(f"{table}: has no finding {first_few(absent)}, which sources name")
    findings = [column for column in finding_columns(frame) if any(column in own for own in sources.values())]
    truth = TargetPolicy(unmentioned=unmentioned).targets(frame, findings)
    patients = frame["patient"].to_numpy(dtype=str)
    labelled = np.array([[finding in own for finding in findings] for own in sources.values()])
    if deal == "patients":
        place = _deal_patients(patients, len(sources), seed)
    elif deal == "known":
        place = _first_that_knows(truth, labelled, table)
    else:
        raise ConfigError(f"deal is {deal!r}; choose patients or known")
    return AssembledStudy(
        name=name or Path(table).resolve().parent.name,
        inputs=inputs,
        truth=truth,
        observed=np.where(labelled[place], truth, np.float32(np.nan)),
        patients=patients,
        splits=frame["split"].to_numpy(dtype=str),
        findings=tuple(findings),
        sources=np.array(list(sources))[place],
    )


def _deal_patients(patients: NDArray[np.str_], sources: int, seed: int) -> NDArray[np.intp]:
    """Place of a source for each row; patients in random order are dealt out like cards."""
    people, inverse = np.unique(patients, return_inverse=True)
    turns = np.random.default_rng(seed).permutation(len(people)) % sources
    return np.asarray(turns[inverse], dtype=np.intp)


def _first_that_knows(truth: NDArray[np.float32], labelled: NDArray[np.bool_], table: str | Path) -> NDArray[np.intp]:
    knows = np.stack([~np.isnan(truth[:, own]).any(axis=1) for own in labelled], axis=1)  # (N, sources)
    if not knows.any(axis=1).all():
        row = int(np.flatnonzero(~knows.any(axis=1))[0])
        raise TableError(f"{table}: no source labels all its findings in row {row + 1}; deal patients instead")
    return np.asarray(knows.argmax(axis=1), dtype=np.intp)
