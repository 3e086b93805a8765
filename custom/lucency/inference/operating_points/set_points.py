"""From scores, a site's calibration and its rules to operating points with measured figures."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import ConfigError
from ...metrics.inputs import number_patients
from ...results.evaluation import scored_findings
from ..score_table import check_scores
from ..site import Evidence, OperatingPoint, Site
from .cuts import UnattainableError
from .finding_scores import FindingScores
from .measured_figures import FIGURES, measure_figures
from .rule import Rule, Rules


@dataclass(frozen=True)
class PointsSet:
    """What `set_operating_points` gives.

    Attributes:
        site: the site with its operating points.
        rules: finding id to the rule that was followed; ``None`` takes a point away.
        notes: finding id to why it has no point, or why its figures are those of the images it was chosen on.
    """

    site: Site
    rules: Mapping[str, Rule | None]
    notes: Mapping[str, str]

    def table(self) -> pd.DataFrame:
        """One row a finding that a rule speaks of: rule, threshold, evidence, figures with their interval, note."""
        return pd.DataFrame([self._row(finding, rule) for finding, rule in self.rules.items()])

    def _row(self, finding: str, rule: Rule | None) -> dict[str, object]:
        point = self.site.operating_points.get(finding)
        row: dict[str, object] = {"finding": finding, "rule": rule.name if rule else "none"}
        row |= {name: getattr(point, name, None) for name in ("threshold", "folds")}
        row |= {name: getattr(getattr(point, "evidence", None), name, None) for name in Evidence.model_fields}
        for name in FIGURES:
            figure = getattr(point, name, None)
            row |= {f"{name}{end}": getattr(figure, end[1:] or "value", None) for end in ("", "_low", "_high")}
        return row | {"note": self.notes.get(finding, "")}


def set_operating_points(
    scores: pd.DataFrame,
    site: Site,
    rules: Rules,
    *,
    folds: int = 5,
    minimum: int = 20,
    replicates: int = 1000,
    seed: int = 0,
) -> PointsSet:
    """Choose a threshold for every finding that a rule speaks of, and measure what it gives.

    The threshold is chosen on all images. On these its figures are too good, so they are measured across folds: the
    patients are divided, each part gets the threshold that the rule chooses on the others, and all decisions are
    measured together. Where a rule cannot be followed on the others, and with ``folds=0``, figures are those of the
    threshold on the images it was chosen on.

    Args:
        scores: as `lucency.results.evaluate_scores` takes them; a probability may be missing. Unknown labels count
            for the alert rate and nothing else.
        site: calibrates the probabilities. Its points of other findings stay.
        rules: what to ask for.
        folds: parts of the patients; 0 for none.
        minimum: positives, and negatives, without which a rule that needs labels is not followed. With 20, one missed
            image is 5 % of the sensitivity.
        replicates: resamples of patients for the intervals, those of `lucency.metrics.bootstrap_intervals`.
        seed: of folds and resamples.

    Raises:
        TableError, LabelError: as `check_scores`; or a patient id is missing.
        ConfigError: a rule of an unknown finding, or `folds`, `minimum` or `replicates` makes no sense.

    Example:
        >>> from lucency.inference.site import ModelReference
        >>> site = Site(model=ModelReference(name="bundle", version="1", fingerprint="0a"))
        >>> table = pd.DataFrame({"patient": range(60), "target_mass": [0.0, 1.0] * 30})
        >>> table["probability_mass"] = 0.2 + 0.5 * table["target_mass"]
        >>> set_operating_points(table, site, Rules({"mass": Rule("youden")})).site.operating_points["mass"].threshold
        0.4
    """
    if folds < 0 or folds == 1:
        raise ConfigError(f"folds is {folds}; give 2 or more, or 0 to measure where the threshold is chosen")
    if minimum < 1:
        raise ConfigError(f"minimum is {minimum}; give 1 or more")
    scores = check_scores(scores)
    chosen = rules.choices(scored_findings(scores))
    ids = scores["patient"].astype(str)
    patients, count = number_patients(ids, len(scores))
    fold_of_patient = np.random.default_rng(seed).permutation(count) % max(folds, 1)
    points: dict[str, OperatingPoint] = {}
    notes: dict[str, str] = {}
    decisions, targets = [], []
    for finding, rule in chosen.items():
        if rule is None:
            continue
        column = FindingScores.of(scores, finding, site, patients)
        try:
            point = _choose(column, rule, minimum)
        except UnattainableError as error:
            notes[finding] = f"no operating point: {error}"
            continue
        across = column.decide_across(rule, fold_of_patient) if folds else None
        if folds and across is None:
            notes[finding] = "figures are of the images it was chosen on: without one fold the rule cannot be followed"
        points[finding] = point.model_copy(update={"folds": None if across is None else folds})
        decisions.append(column.decide(point.threshold) if across is None else across)
        targets.append(column.targets)
    if points:
        figures = measure_figures(
            np.stack(decisions, axis=1), np.stack(targets, axis=1), ids, replicates=replicates, seed=seed
        )
        points = {f: points[f].model_copy(update=measured) for f, measured in zip(points, figures, strict=True)}
    kept = {finding: point for finding, point in site.operating_points.items() if finding not in chosen}
    return PointsSet(site.model_copy(update={"operating_points": kept | points}), chosen, notes)


def _choose(column: FindingScores, rule: Rule, minimum: int) -> OperatingPoint:
    evidence = column.evidence
    if rule.needs_labels and min(evidence.positives, evidence.negatives) < minimum:
        raise UnattainableError(
            f"{evidence.positives} positive and {evidence.negatives} negative images, at least {minimum} of each needed"
        )
    return OperatingPoint(
        threshold=column.threshold(rule),
        rule=rule.kind,
        target=None if rule.kind == "given" else rule.target,
        evidence=evidence,
    )
