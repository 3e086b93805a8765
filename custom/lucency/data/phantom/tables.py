"""The two study tables of a phantom data set: what reports say, and what is true."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from ...labels import LabelState
from ..splits import split_patients
from .case import PhantomCase
from .dicom import study_uid
from .nih_counts import FINDINGS
from .reports import reported_states, true_states

_FRACTIONS = {"train": 0.7, "val": 0.1, "test": 0.2}
_FEWEST_PATIENTS = 20
"""Fewer cannot fill three splits by these fractions; all of them are then for training."""


def study_tables(cases: Sequence[PhantomCase], files: Sequence[str], seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reported and true study table with the same rows, columns and split; truth has severities besides.

    Args:
        cases: one an image.
        files: path of each image relative to the tables.
        seed: seed of the split, which is patient-wise and stratified by the truth.
    """
    truth = _table(cases, files, true_states)
    if truth["patient"].nunique() < _FEWEST_PATIENTS:
        split = pd.Series("train", index=truth.index)
    else:
        split = split_patients(truth, _FRACTIONS, seed)["split"]
    reported = _table(cases, files, reported_states)
    for table in (reported, truth):
        table.insert(7, "split", split)
    severities = {f"severity_{name}": [f"{case.severity.get(name, 0.0):.3f}" for case in cases] for name in FINDINGS}
    return reported, truth.assign(**severities)


def _table(
    cases: Sequence[PhantomCase], files: Sequence[str], states: Callable[[PhantomCase], Mapping[str, LabelState]]
) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "image": file,
                "patient": case.patient_id,
                "study": str(study_uid(case)),
                "view": case.view,
                "age": case.age,
                "sex": case.sex,
                "source": "phantom",
                **{name: state.value for name, state in states(case).items()},
            }
            for case, file in zip(cases, files, strict=True)
        ]
    )
