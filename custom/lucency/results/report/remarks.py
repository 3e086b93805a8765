"""What a reader must know before the figures are used, drawn from the figures themselves."""

from collections import Counter
from collections.abc import Iterable, Sequence

from ...labels import display_name
from .document import Cohort, Figures, PointFigures, Subgroup
from .report import LEVEL, LabelNoise

FEW = 20  # images of a class
MUCH = 0.2  # share of labels


def make_remarks(
    *,
    cohort: Cohort,
    figures: Sequence[Figures],
    calibration: str,
    points: Sequence[PointFigures],
    subgroups: Sequence[Subgroup],
    noise: Sequence[LabelNoise],
) -> tuple[str, ...]:
    """State what limits the figures: classes that are missing or small, unknown labels, no calibration, gaps, noise."""
    undefined = [figure.finding for figure in figures if figure.auroc.value is None]
    small = [
        one.finding for one in cohort.coverage if one.finding not in undefined and min(one.positive, one.negative) < FEW
    ]
    blank = [one.finding for one in cohort.coverage if one.unlabelled > MUCH]
    chosen_here = [point.finding for point in points if point.threshold is not None and point.chosen_here]
    remarks = [
        (undefined, f"Without a positive or without a negative label, so not evaluated: {_names(undefined)}."),
        (small, f"Fewer than {FEW} images of a class, so little is known of: {_names(small)}."),
        (blank, f"More than {MUCH:.0%} of the labels are unknown, and take no part: {_names(blank)}."),
        (
            not calibration,
            "Probabilities are the network's own, not calibrated: a probability of 0.3 need not mean 3 in 10.",
        ),
        (chosen_here, f"Thresholds of {len(chosen_here)} findings were chosen on these images, not on others."),
        (not points, "No operating point: nothing is called present or absent."),
        (any(group.compared for group in subgroups), _gaps(distinct_groups(subgroups))),
        (
            not noise,
            "Labels count as the truth; where they were mined from reports, the AUROC is not that against the truth.",
        ),
    ]
    return tuple(text for applies, text in remarks if applies)


def distinct_groups(subgroups: Sequence[Subgroup]) -> list[Subgroup]:
    """Leave out the second of two groups that are each other's rest: its gaps are those of the first, turned round."""
    sizes = Counter(group.characteristic for group in subgroups)
    first: set[str] = set()
    kept = []
    for group in subgroups:
        if sizes[group.characteristic] > 2 or group.characteristic not in first:
            kept.append(group)
        first.add(group.characteristic)
    return kept


def _names(findings: Iterable[str]) -> str:
    return ", ".join(display_name(finding) for finding in findings)


def _gaps(subgroups: Sequence[Subgroup]) -> str:
    compared = [group.gap for group in subgroups if group.gap.value is not None]
    beyond = sum(gap.excludes_zero for gap in compared)
    expected = (1 - LEVEL) * len(compared)
    return (
        f"Subgroups whose gap to the rest has an interval without zero: {beyond} of {len(compared)}; "
        f"chance alone would give about {expected:.1f}."
    )
