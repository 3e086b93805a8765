"""Two models on the same images: DeLong's test, and the bootstrap for average precision."""

import numpy as np
import pandas as pd

from ...errors import TableError
from ...files import first_few
from ...metrics import auroc, delong_test, paired_bootstrap
from ...metrics.inputs import FloatArray
from ..model_identity import ModelIdentity
from .document import Comparison, Difference
from .measured import Measured, known
from .performance import AVERAGE, mean_of, measured
from .scored_images import ScoredImages


def compare_models(
    images: ScoredImages,
    other: ScoredImages,
    *,
    name: str,
    model: ModelIdentity | None = None,
    replicates: int,
    seed: int,
) -> Comparison:
    """Compare the findings that both models have on the images that both have scored, matched by `file`.

    AUROC: DeLong's test for patients with several images (Obuchowski's variance); p-values of the findings are also
    given after Holm (Scandinavian Journal of Statistics 6, 1979). Average precision: paired bootstrap of patients.

    Args:
        images: scores of the model that the report is about.
        other: scores of the other model.
        name: what to call it.
        model: its identity.
        replicates: resamples of patients.
        seed: of the resamples.

    Raises:
        TableError: there is no image or finding in common, `file` is missing or not unique, or labels or patients
            differ.
    """
    findings = [finding for finding in images.findings if finding in other.findings]
    if not findings:
        raise TableError(f"{name}: has none of the findings {first_few(images.findings)}; compare models of the same")
    rows, theirs = _in_common(images.table, other.table, name)
    ours_columns = [images.findings.index(finding) for finding in findings]
    their_columns = [other.findings.index(finding) for finding in findings]
    a, b = images.raw[np.ix_(rows, ours_columns)], other.raw[np.ix_(theirs, their_columns)]
    targets = images.targets[np.ix_(rows, ours_columns)]
    patients = images.patients[rows]
    if not np.array_equal(targets, other.targets[np.ix_(theirs, their_columns)], equal_nan=True):
        raise TableError(f"{name}: labels differ from those of the other scores; evaluate both on the same table")
    if (patients != other.patients[theirs]).any():
        raise TableError(f"{name}: patients differ from those of the other scores; evaluate both on the same table")
    return Comparison(
        other=name,
        other_model=model,
        images=len(rows),
        patients=len(np.unique(patients)),
        left_out=len(images.table) + len(other.table) - 2 * len(rows),
        rows=_differences(findings, (a, b), targets, patients, replicates, seed),
    )


def holm(p_values: FloatArray) -> FloatArray:
    """Holm's adjusted p-values (L,); NaN stays NaN and is no test.

    Example:
        >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).round(3).tolist()
        [0.03, 0.06, nan, 0.06]
    """
    tests = np.flatnonzero(~np.isnan(p_values))
    order = tests[np.argsort(p_values[tests], kind="stable")]
    adjusted = np.full(len(p_values), np.nan)
    steps = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1) if len(order) else steps
    return adjusted


def _in_common(ours: pd.DataFrame, theirs: pd.DataFrame, name: str) -> tuple[list[int], list[int]]:
    places = []
    for table, what in ((ours, "score table"), (theirs, name)):
        if "file" not in table:
            raise TableError(f"{what}: column file is missing; images of two models are matched by it")
        if table["file"].duplicated().any():
            twice = table["file"][table["file"].duplicated()].tolist()
            raise TableError(f"{what}: {first_few(twice)} is listed twice; keep one row an image")
        places.append({file: row for row, file in enumerate(table["file"])})
    common = [file for file in places[0] if file in places[1]]
    if not common:
        raise TableError(f"{name}: has scored none of the same images; evaluate both models on the same table")
    return [places[0][file] for file in common], [places[1][file] for file in common]


def _differences(
    findings: list[str],
    models: tuple[FloatArray, FloatArray],
    targets: FloatArray,
    patients: "np.ndarray[tuple[int], np.dtype[np.str_]]",
    replicates: int,
    seed: int,
) -> tuple[Difference, ...]:
    test = delong_test(*models, targets, patients, findings=findings)
    precision = paired_bootstrap(
        *models, targets, patients, replicates=replicates, seed=seed, findings=findings
    ).average_precision
    areas = [auroc(model, targets, findings) for model in models]
    adjusted = holm(test.p_value)
    rows = [
        Difference(
            finding=finding,
            auroc=known(areas[0].values[place]),
            other=known(areas[1].values[place]),
            difference=Measured.of(test.estimate[place], test.low[place], test.high[place]),
            p_value=known(test.p_value[place]),
            p_adjusted=known(adjusted[place]),
            average_precision=difference,
        )
        for place, (finding, difference) in enumerate(zip(findings, measured(precision), strict=True))
    ]
    average = Difference(
        finding=AVERAGE,
        auroc=areas[0].macro,
        other=areas[1].macro,
        difference=Measured.of(test.macro, *test.macro_interval),
        p_value=known(test.macro_p_value),
        p_adjusted=None,
        average_precision=mean_of(precision),
    )
    return (*rows, average)
