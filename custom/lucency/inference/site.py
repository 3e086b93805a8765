"""One hospital's calibration and operating points, tied to the model that they were measured on."""

import hashlib
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..results.schema import FindingResult
from .calibration_maps import CalibrationMap, IdentityMap, Probabilities
from .logistic import expit, logit

RuleKind = Literal["youden", "sensitivity", "specificity", "ppv", "alert_rate", "given"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class ModelReference(_Entry):
    """The model that a site file was measured on."""

    name: str
    version: str
    fingerprint: str


class Evidence(_Entry):
    """The labelled images behind a calibration or an operating point; images with an unknown label do not count."""

    positives: int = Field(ge=0)
    negatives: int = Field(ge=0)
    patients: int = Field(ge=0)

    @property
    def prevalence(self) -> float:
        """Share of positives; NaN without a label."""
        known = self.positives + self.negatives
        return self.positives / known if known else math.nan


class PriorShift(_Entry):
    """Prevalence where the map was fitted, and at the site that uses it.

    odds' = odds * (site / (1 - site)) / (fitted / (1 - fitted)) (Saerens, Latinne and Decaestecker, 2002).
    """

    fitted: float = Field(gt=0, lt=1)
    site: float = Field(gt=0, lt=1)

    def __call__(self, probabilities: Probabilities) -> Probabilities:
        """Map probabilities of any shape."""
        return expit(logit(probabilities) + logit(self.site) - logit(self.fitted))  # certainty stays certainty


class FindingCalibration(_Entry):
    """How one finding's probability is calibrated, and on what evidence.

    Attributes:
        map: from the network's probability to the calibrated one.
        shared: whether the map was fitted on all findings together, for want of evidence on this one.
        evidence: what it was fitted on.
        prior: correction for another prevalence, applied after the map.
        reason: why the map is shared or none; empty where it is the finding's own.
    """

    map: CalibrationMap = IdentityMap()
    shared: bool = False
    evidence: Evidence
    prior: PriorShift | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """What a result says of it: the method, and whether it is shared or corrected for prevalence."""
        shared = "shared " if self.shared else ""
        return f"{shared}{self.map.method}{' with prior shift' if self.prior else ''}"

    def __call__(self, probabilities: Probabilities) -> Probabilities:
        """Map probabilities of any shape."""
        calibrated = self.map(probabilities)
        return self.prior(calibrated) if self.prior else calibrated


class Figure(_Entry):
    """A measured share with its 95 % interval."""

    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class OperatingPoint(_Entry):
    """The calibrated probability from which on a finding is called present, why, and what it gave.

    Attributes:
        threshold: of the calibrated probability.
        rule: ``youden``, ``sensitivity``, ``specificity``, ``ppv``, ``alert_rate`` or ``given``.
        target: what the rule asked for; none for ``youden`` and ``given``.
        sensitivity, specificity, ppv, npv, alert_rate: measured; ``None`` where they are undefined.
        folds: parts of the patients that were decided by a threshold chosen on the others, to measure the figures;
            ``None`` where they are those of the images that the threshold was chosen on, and so too good.
        evidence: labelled images that it was chosen and measured on; ``None`` where it never was.
    """

    threshold: float = Field(ge=0, le=1)
    rule: RuleKind
    target: float | None = Field(default=None, ge=0, le=1)
    sensitivity: Figure | None = None
    specificity: Figure | None = None
    ppv: Figure | None = None
    npv: Figure | None = None
    alert_rate: Figure | None = None
    folds: int | None = Field(default=None, ge=2)
    evidence: Evidence | None = None

    @property
    def name(self) -> str:
        """What a result says of it, such as ``sensitivity 0.95``."""
        return self.rule if self.target is None else f"{self.rule} {self.target:g}"


class Site(_Entry):
    """Content of `site.yaml`.

    Attributes:
        format: changes when a reader of the former one could be misled.
        model: the model it was measured on; another model refuses it.
        calibration: finding id to its calibration; a finding that is not there is reported as the network gives it.
        operating_points: finding id to its threshold; a finding that is not there gets no decision.
    """

    format: Literal["lucency-site/1"] = "lucency-site/1"
    model: ModelReference
    calibration: dict[str, FindingCalibration] = {}
    operating_points: dict[str, OperatingPoint] = {}

    @property
    def digest(self) -> str | None:
        """SHA-256 of all that changes a result; none where nothing is calibrated or decided."""
        if not (self.calibration or self.operating_points):
            return None
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def assess(self, findings: Sequence[str], raw: Sequence[float]) -> tuple[FindingResult, ...]:
        """Turn the network's probabilities of one image into results, in the order of `findings`."""
        return tuple(self._assess(finding, value) for finding, value in zip(findings, raw, strict=True))

    def calibrate(self, finding: str, probabilities: Probabilities) -> Probabilities:
        """Calibrate probabilities of one finding, of any shape; NaN stays NaN."""
        calibration = self.calibration.get(finding)
        return calibration(probabilities) if calibration else np.asarray(probabilities, dtype=float)

    def _assess(self, finding: str, raw: float) -> FindingResult:
        calibration, point = self.calibration.get(finding), self.operating_points.get(finding)
        probability = float(self.calibrate(finding, np.array(raw)))
        result = FindingResult(
            finding=finding,
            probability=probability,
            raw_probability=raw,
            calibration=calibration.name if calibration else "none",
        )
        if point is None:
            return result
        decision = "present" if probability >= point.threshold else "absent"
        return result.model_copy(
            update={"decision": decision, "threshold": point.threshold, "operating_point": point.name}
        )
