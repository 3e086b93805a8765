"""From labelled scores to the calibration of every finding."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import ConfigError, LucencyError
from ...metrics.calibration import check_probabilities
from ...metrics.inputs import number_patients
from ..site import Evidence, FindingCalibration
from .cross_fitting import Choice, choose, cross_fit, patient_folds
from .fits import FITS, FloatArray, Method

Wanted = Literal["auto", Method]
NONE = "none"


@dataclass(frozen=True, eq=False)
class CalibrationFit:
    """What was fitted, and what is needed to judge it.

    Attributes:
        calibrations: finding to its calibration, fitted on all images.
        patients: (N,) ids.
        targets: (N, L) of 1, 0, or NaN for unknown.
        raw: (N, L) probabilities as the network gives them.
        cross_fitted: (N, L) probabilities calibrated by maps that were fitted without the image's patient; raw where
            there is no map.
        well_known: findings with enough labelled images of their own.
    """

    calibrations: dict[str, FindingCalibration]
    patients: NDArray[Any]
    targets: FloatArray
    raw: FloatArray
    cross_fitted: FloatArray
    well_known: frozenset[str] = field(default=frozenset())

    @property
    def findings(self) -> list[str]:
        """Names of the L columns."""
        return list(self.calibrations)


def fit_calibration(
    probabilities: ArrayLike,
    targets: ArrayLike,
    patients: ArrayLike,
    findings: Sequence[str],
    *,
    method: Wanted = "auto",
    folds: int = 5,
    minimum: int = 20,
    seed: int = 0,
) -> CalibrationFit:
    """Fit a map for every finding on its known labels, where they suffice and where it helps.

    A finding with enough evidence gets a map of its own: the method asked for, or with ``auto`` that of least
    cross-fitted log-loss. It stays as the network gives it where the gain is no more than its standard error
    (`choose`). A finding with less evidence gets the temperature that suits all labels of all findings together, under
    the same conditions. `FindingCalibration.reason` says why a finding has no map of its own.

    Probabilities are cross-fitted: no map that calibrates a patient's was fitted on that patient's labels. These labels
    did take part in the choice among the methods; with at most five candidates that flatters by less than the noise.

    Args:
        probabilities: (N, L) in [0, 1].
        targets: (N, L) of 1, 0, or NaN for unknown.
        patients: (N,) ids, numbers or strings.
        findings: L names.
        method: of `FITS`, or ``auto``.
        folds: patient-wise folds of the cross-fitting. Each class must stand in as many patients.
        minimum: positives, and negatives, that a map needs.
        seed: of the folds.

    Raises:
        LucencyError: shapes do not fit, a probability is not in [0, 1], or there is not enough evidence for anything.
        LabelError: a target is not 0, 1 or NaN; a soft label says nothing of how often the finding is there.
        TableError: a patient id is missing.
        ConfigError: a setting makes no sense.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> truth = rng.random((500, 1)) ** 2
        >>> labels = rng.random(truth.shape) < truth
        >>> overconfident = truth**2 / (truth**2 + (1 - truth) ** 2)
        >>> fit = fit_calibration(overconfident, labels, np.arange(500), ["edema"])
        >>> fit.calibrations["edema"].map
        TemperatureMap(method='temperature', temperature=2.0...)
    """
    _check_settings(method, folds, minimum)
    p, y = check_probabilities(probabilities, targets, findings)
    numbers, _ = number_patients(patients, len(y))
    rule = _Rule(list(FITS) if method == "auto" else [method], folds, minimum, seed)
    cells = [(p[known, column], y[known, column], numbers[known]) for column, known in enumerate(~np.isnan(y.T))]
    lacks = {finding: rule.lack(*cell[1:]) for finding, cell in zip(findings, cells, strict=True)}
    shared = _fit_shared(p, y, numbers, rule) if any(lacks.values()) else None
    if shared and not shared.enough and all(lacks.values()):
        raise LucencyError(
            f"no finding can be calibrated: {shared.calibration.reason}; "
            f"label more images or lower the minimum of {minimum}"
        )
    cross_fitted, calibrations = p.copy(), {}
    for column, (finding, lack) in enumerate(lacks.items()):
        if lack and shared:
            evidence, reason = _evidence(*cells[column][1:]), f"{lack}; {shared.calibration.reason}"
            calibrations[finding] = shared.calibration.model_copy(update={"evidence": evidence, "reason": reason})
            cross_fitted[:, column] = shared.cross_fitted[:, column]
        else:
            calibrations[finding], calibrated = _fit_own(*cells[column], rule)
            cross_fitted[~np.isnan(y[:, column]), column] = calibrated
    well_known = frozenset(finding for finding, lack in lacks.items() if not lack)
    return CalibrationFit(calibrations, np.asarray(patients), y, p, cross_fitted, well_known)


@dataclass(frozen=True)
class _Rule:
    methods: list[str]
    folds: int
    minimum: int
    seed: int

    def lack(self, y: FloatArray, patients: NDArray[np.int64]) -> str:
        """What the labels lack, or nothing."""
        if not len(y):
            return "no label is known"
        positive, negative = y == 1, y == 0
        if min(positive.sum(), negative.sum()) < self.minimum:
            return f"{positive.sum()} positives and {negative.sum()} negatives, {self.minimum} of each are needed"
        for name, of_class in (("positives", positive), ("negatives", negative)):
            if (have := len(np.unique(patients[of_class]))) < self.folds:
                return f"{name} of {have} patients, {self.folds} are needed for {self.folds} folds"
        return ""


@dataclass(frozen=True, eq=False)
class _Shared:
    calibration: FindingCalibration
    cross_fitted: FloatArray
    enough: bool


def _fit_own(
    p: FloatArray, y: FloatArray, patients: NDArray[np.int64], rule: _Rule
) -> tuple[FindingCalibration, FloatArray]:
    fold = patient_folds(patients, y, folds=rule.folds, seed=rule.seed)
    candidates = {NONE: p} | {name: cross_fit(FITS[name], p, y, fold) for name in rule.methods}
    choice = choose(candidates, y, patients)
    evidence = _evidence(y, patients)
    if choice.name == NONE:
        return FindingCalibration(evidence=evidence, reason=_no_gain(choice)), p
    return FindingCalibration(map=FITS[choice.name](p, y), evidence=evidence), candidates[choice.name]


def _fit_shared(p: FloatArray, y: FloatArray, patients: NDArray[np.int64], rule: _Rule) -> _Shared:
    """One temperature for all findings, as if all their labels were of one."""
    known = ~np.isnan(y)
    cells = p[known], y[known], np.broadcast_to(patients[:, None], y.shape)[known]
    if lack := rule.lack(*cells[1:]):
        reason = f"all findings together have {lack}" if known.any() else lack
        return _Shared(FindingCalibration(evidence=_evidence(*cells[1:]), reason=reason), p, enough=False)
    one = _Rule(["temperature"], rule.folds, rule.minimum, rule.seed)
    own, cross_fitted = _fit_own(*cells, one)
    if own.map.method == NONE:
        reason = f"nor does a temperature shared by all findings help: {own.reason}"
        return _Shared(own.model_copy(update={"reason": reason}), p, enough=True)
    everywhere = own.map(p)  # an unknown label has no part in any figure
    everywhere[known] = cross_fitted
    reason = "the temperature is that of all findings together"
    return _Shared(own.model_copy(update={"shared": True, "reason": reason}), everywhere, enough=True)


def _no_gain(choice: Choice) -> str:
    if choice.best == NONE:
        return "no map has a smaller cross-fitted log-loss than the network itself"
    return f"{choice.best} gains {choice.gain:.1g} of log-loss with a standard error of {choice.standard_error:.1g}"


def _evidence(y: FloatArray, patients: NDArray[np.int64]) -> Evidence:
    return Evidence(positives=int((y == 1).sum()), negatives=int((y == 0).sum()), patients=len(np.unique(patients)))


def _check_settings(method: str, folds: int, minimum: int) -> None:
    if method not in (*FITS, "auto"):
        raise ConfigError(f"method is {method!r}; use auto, {', '.join(get_args(Method))}")
    if folds < 2:
        raise ConfigError(f"folds is {folds}; give 2 or more, such as 5")
    if minimum < 1:
        raise ConfigError(f"minimum is {minimum}; give 1 or more, such as 20")
