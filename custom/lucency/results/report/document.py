"""The parts of an evaluation report; the same objects become JSON, the page, and the figures of a model card."""

from ..model_identity import ModelIdentity
from .measured import Measured, Record


class Group(Record):
    """Images that share a value, such as all of women."""

    value: str
    images: int
    patients: int
    unlabelled: float


class Coverage(Record):
    """Labels of one finding: how many are known, and of how many patients the positive ones are."""

    finding: str
    positive: int
    negative: int
    unknown: int
    positive_patients: int

    @property
    def unlabelled(self) -> float:
        """Share of the images whose label is not known."""
        return self.unknown / (self.positive + self.negative + self.unknown)

    @property
    def prevalence(self) -> float | None:
        """Share of positives among known labels."""
        labelled = self.positive + self.negative
        return self.positive / labelled if labelled else None


class Cohort(Record):
    """Who was examined and what is known of them; `groups` are by characteristic, such as ``sex``."""

    images: int
    patients: int
    most_images_of_a_patient: int
    unlabelled: float
    coverage: tuple[Coverage, ...]
    groups: dict[str, tuple[Group, ...]]


class Figures(Record):
    """How well the probabilities of a finding, or of all on average, rank and mean what they say."""

    finding: str
    auroc: Measured
    average_precision: Measured
    brier: Measured
    calibration_error: Measured
    log_loss: Measured


class Bin(Record):
    """Images of similar probability: their mean probability, and their share of positives with Wilson's interval."""

    images: int
    probability: float
    positives: Measured


class Curves(Record):
    """Points to draw: (1 - specificity, sensitivity), (sensitivity, precision), and bins of probability."""

    finding: str
    roc: tuple[tuple[float, float], ...]
    precision_recall: tuple[tuple[float, float], ...]
    reliability: tuple[Bin, ...]


class PointFigures(Record):
    """An operating point and what it gives on these images.

    Attributes:
        origin: where the threshold comes from, in words.
        chosen_here: whether it was chosen on the images that the report is about.
        note: why there is none, or what to bear in mind.
    """

    finding: str
    threshold: float | None = None
    rule: str
    origin: str
    chosen_here: bool
    sensitivity: Measured = Measured()
    specificity: Measured = Measured()
    ppv: Measured = Measured()
    npv: Measured = Measured()
    alert_rate: Measured = Measured()
    note: str = ""


class Difference(Record):
    """AUROC of a finding, or of all on average, by this model and by the other, on the same images.

    Attributes:
        difference: this less other, with DeLong's interval.
        p_value: of DeLong's test that it is zero.
        p_adjusted: after Holm, over the findings; the average is one test and stays as it is.
        average_precision: difference of average precisions, with a bootstrap interval.
    """

    finding: str
    auroc: float | None
    other: float | None
    difference: Measured
    p_value: float | None
    p_adjusted: float | None
    average_precision: Measured


class Comparison(Record):
    """Two models on the images that both have scored; the last row is the average."""

    other: str
    other_model: ModelIdentity | None
    images: int
    patients: int
    left_out: int
    rows: tuple[Difference, ...]


class FindingGap(Record):
    """One finding inside a subgroup; figures only where both classes have enough images."""

    finding: str
    positive: int
    negative: int
    unlabelled: float
    auroc: Measured = Measured()
    gap: Measured = Measured()


class Subgroup(Group):
    """A subgroup and how it fares against all other images: `gap` is its AUROC less theirs.

    Attributes:
        measured: findings behind `auroc`, the mean over those with enough images in the group.
        compared: findings behind `gap`, those with enough images in the group and in the rest.
    """

    characteristic: str
    measured: int
    compared: int
    auroc: Measured = Measured()
    gap: Measured = Measured()
    findings: tuple[FindingGap, ...] = ()
