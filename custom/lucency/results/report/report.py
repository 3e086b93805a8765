"""The whole report, as it stands in its JSON file."""

from typing import Any, Literal

from pydantic import Field

from ..model_identity import ModelIdentity
from ..schema import NOTICE
from .document import Cohort, Comparison, Curves, Figures, PointFigures, Subgroup
from .measured import Measured, Record

LEVEL = 0.95


class LabelNoise(Record):
    """What errors of the labels at known rates would mean for the AUROC of a finding.

    Attributes:
        sensitivity, specificity: of the labels, against the truth.
        ceiling: AUROC that a perfect model would show against such labels.
        corrected: AUROC against the truth; none if the rates cannot hold here.
        note: why not.
    """

    finding: str
    sensitivity: float
    specificity: float
    ceiling: float | None = None
    corrected: Measured = Measured()
    note: str = ""


class Failure(Record):
    """An image on which the model is most clearly at odds with the label.

    Attributes:
        kind: ``false_positive``: labelled absent, among the highest probabilities; ``false_negative``: the reverse.
        row: of the score table, counted from 1.
        probability: calibrated, where there is a calibration.
        raw_probability: of the network.
        crossed: whether the operating point decides against the label; none without a point.
        present: findings that are labelled present.
        note: what is wrong with the picture, if it is missing.
    """

    finding: str
    kind: Literal["false_positive", "false_negative"]
    row: int
    file: str = ""
    probability: float
    raw_probability: float
    crossed: bool | None = None
    present: tuple[str, ...] = ()
    note: str = ""


class Provenance(Record):
    """What the figures were made of.

    Attributes:
        scores_sha256: of the score tables, by name.
        tables: fingerprint of each study table that characteristics were taken from.
        run: content of the training run's `run.json`.
        configuration: its complete configuration, as it stands in `config.yaml`.
        history: its training curve, one dictionary an epoch.
        packages: versions that made the report.
    """

    scores_sha256: dict[str, str]
    tables: dict[str, str]
    run: dict[str, Any] | None = None
    configuration: str = ""
    history: tuple[dict[str, float | None], ...] = ()
    packages: dict[str, str]
    replicates: int
    seed: int


class Report(Record):
    """Content of `report.json`.

    Attributes:
        format: changes when a reader of the former one could be misled.
        remarks: what to know before the figures are used, worst first.
        calibration: what the probabilities were calibrated by; empty for the network's own.
        figures: one entry a finding.
        average: over the findings that are defined.
        heat_maps: method of the heat maps in the page; empty without.
        undefined: findings without a positive or without a negative label, which have no AUROC.
    """

    format: Literal["lucency-report/1"] = "lucency-report/1"
    title: str
    notice: str = NOTICE
    model: ModelIdentity | None
    remarks: tuple[str, ...]
    cohort: Cohort
    calibration: str
    figures: tuple[Figures, ...]
    average: Figures
    undefined: tuple[str, ...]
    curves: tuple[Curves, ...]
    operating_points: tuple[PointFigures, ...]
    comparison: Comparison | None
    subgroups: tuple[Subgroup, ...]
    minimum: int = Field(ge=1)
    label_noise: tuple[LabelNoise, ...]
    failures: tuple[Failure, ...]
    heat_maps: str = ""
    provenance: Provenance
    level: float = LEVEL
