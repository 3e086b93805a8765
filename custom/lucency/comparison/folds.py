"""Cross-validation as a list of studies: each fold of each repeat is the test part once."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import finding_columns, patient_folds, read_study_table, split_patients
from ..errors import ConfigError, TableError
from ..labels import TargetPolicy
from ..labels.policies import Unmentioned
from .study import Study


class Fold(NamedTuple):
    """One fold of one repeat, both counted from 1, as a study whose split `test` is the fold."""

    repeat: int
    number: int
    study: Study


def fold_studies(
    table: str | Path,
    inputs: NDArray[Any],
    *,
    folds: int = 5,
    repeats: int = 3,
    validation: float = 0.15,
    findings: Sequence[str] | None = None,
    unmentioned: Unmentioned = "unknown",
    seed: int = 0,
    name: str | None = None,
) -> Iterator[Fold]:
    """Studies of one table by patient-grouped, stratified k-fold cross-validation with repeats.

    All images of a patient are in one fold. Folds, and the validation part within the training folds, are made by
    iterative stratification (`lucency.data.patient_folds`, `split_patients`), anew for each repeat. A column `split` of
    the table is not used. Epochs, learning rates and thresholds are chosen on the validation part; the test fold is
    looked at once.

    Args:
        table: study table.
        inputs: images, features or feature maps in the order of its rows.
        folds: 5 in the paper.
        repeats: 3 in the paper.
        validation: share of the patients of the training folds that choose and do not train.
        findings: ids of the outputs; all of the table but `no_finding` if not given.
        unmentioned: what the table's unmentioned labels are taken for; `negative` for NIH.
        seed: of the folds.
        name: of the study; the table's folder if not given.

    Yields:
        Folds in order, one at a time.

    Raises:
        TableError: fewer patients than folds, or a part that teaches or tests nothing.
        LabelError: the table does not hold what it must.
        ConfigError: inputs and rows differ in number, or a number makes no sense.

    Example:
        >>> import tempfile
        >>> from lucency.data.phantom import write_phantom
        >>> table = write_phantom(Path(tempfile.mkdtemp()), images=60, size=32, workers=1, format="png")
        >>> folds = list(fold_studies(table.with_name("truth.csv"), np.zeros((60, 3), np.float32), folds=3, repeats=2))
        >>> [(fold.repeat, fold.number) for fold in folds], sum(len(fold.study.rows("test")) for fold in folds)
        ([(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)], 120)
    """
    if type(repeats) is not int or repeats < 1:
        raise ConfigError(f"{repeats} repeats are not possible; give a whole number from 1")
    if not 0 < validation < 1:
        raise ConfigError(f"validation is {validation}; give a share of the training patients, such as 0.15")
    frame = read_study_table(table, check_files=False)
    if len(frame) != len(inputs):
        raise ConfigError(f"{table}: has {len(frame)} rows for {len(inputs)} inputs; extract the inputs again")
    names = list(findings or (column for column in finding_columns(frame) if column != "no_finding"))
    truth = TargetPolicy(unmentioned=unmentioned).targets(frame, names)
    called = name or Path(table).resolve().parent.name
    for repeat in range(1, repeats + 1):
        fold_of = patient_folds(frame, folds, seed=_seed(seed, repeat))
        for number in range(1, folds + 1):
            divided = frame.assign(split=np.where(fold_of == number - 1, "test", "train"))
            shares = {"train": 1 - validation, "val": validation}
            try:
                divided = split_patients(divided, shares, seed=_seed(seed, repeat, number), within="train")
                study = Study(
                    name=called,
                    inputs=inputs,
                    truth=truth,
                    observed=truth,
                    patients=frame["patient"].to_numpy(dtype=str),
                    splits=divided["split"].to_numpy(dtype=str),
                    findings=tuple(names),
                )
            except TableError as error:
                raise TableError(f"repeat {repeat}, fold {number}: {error}; or make fewer folds") from error
            yield Fold(repeat, number, study)


def _seed(*numbers: int) -> int:
    """A seed of its own for every repeat and fold."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
