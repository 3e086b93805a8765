"""An evaluation as a page that a hospital can sign, and as JSON."""

from .additions import Additions, Decisions, ReportSettings, StudyTable
from .document import PointFigures
from .label_noise import LabelRates, read_label_rates
from .measured import Measured
from .other_model import OtherModel
from .pictures import HeatMaps
from .report import Failure, Report
from .writer import write_report

__all__ = [
    "Additions",
    "Decisions",
    "Failure",
    "HeatMaps",
    "LabelRates",
    "Measured",
    "OtherModel",
    "PointFigures",
    "Report",
    "ReportSettings",
    "StudyTable",
    "read_label_rates",
    "write_report",
]
