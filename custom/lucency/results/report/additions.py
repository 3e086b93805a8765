"""What a report can hold beside the figures of one score table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ..model_identity import ModelIdentity
from .document import PointFigures
from .label_noise import LabelRates
from .other_model import OtherModel
from .scored_images import Calibrate, ScoredImages


@dataclass(frozen=True)
class ReportSettings:
    """How a report is made.

    Attributes:
        title: heading.
        by: further columns of the scores, or of the study table, whose values are subgroups.
        devices: read the device of every image from its DICOM header.
        minimum: images of each class without which a finding is not measured in a subgroup.
        failures: how many false positives, and how many false negatives, of each finding are shown.
        replicates: resamples of patients.
        seed: of the resamples.
    """

    title: str = "Lucency evaluation report"
    by: Sequence[str] = ()
    devices: bool = False
    minimum: int = 10
    failures: int = 2
    replicates: int = 1000
    seed: int = 0


@dataclass(frozen=True, eq=False)
class StudyTable:
    """A study table that says more about the images: its name, its rows, and their fingerprint."""

    name: str
    frame: pd.DataFrame
    fingerprint: str


@dataclass(frozen=True, eq=False)
class Decisions:
    """How a site uses a model.

    Attributes:
        calibrate: calibrates probabilities.
        calibration: what by, for people; empty for the network's own.
        points: operating points with their figures on the images of the report.
    """

    calibrate: Calibrate | None = None
    calibration: str = ""
    points: Sequence[PointFigures] = ()


Decide = Callable[[ScoredImages, ModelIdentity | None], Decisions]


@dataclass(frozen=True, eq=False)
class Additions:
    """What is known beside the scores; all of it can be left out.

    Attributes:
        decide: calibrates, and measures operating points, once the scores are read.
        other: model to compare with.
        study_table: where characteristics come from that the scores lack.
        label_rates: finding to how often its labels are right.
    """

    decide: Decide = lambda images, model: Decisions()
    other: OtherModel | None = None
    study_table: StudyTable | None = None
    label_rates: Mapping[str, LabelRates] = field(default_factory=dict)
