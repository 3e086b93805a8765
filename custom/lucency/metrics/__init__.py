"""Metrics for labels that are partly unknown; see docs/reference/metrics.md."""

from typing import TYPE_CHECKING

from ..lazy import imported_on_use
from .bootstrap import BootstrapInterval, BootstrapResult, bootstrap_intervals, paired_bootstrap
from .calibration import CalibrationResult, brier_score, expected_calibration_error, log_loss
from .calibration_intervals import CalibrationIntervals, calibration_intervals
from .delong import DelongInterval, DelongTest, delong_intervals, delong_test
from .ranking import RankingResult, auroc, average_precision, ranking_metrics

if TYPE_CHECKING:
    from .finding_metrics import FindingMetrics

__all__ = [
    "BootstrapInterval",
    "BootstrapResult",
    "CalibrationIntervals",
    "CalibrationResult",
    "DelongInterval",
    "DelongTest",
    "FindingMetrics",
    "RankingResult",
    "auroc",
    "average_precision",
    "bootstrap_intervals",
    "brier_score",
    "calibration_intervals",
    "delong_intervals",
    "delong_test",
    "expected_calibration_error",
    "log_loss",
    "paired_bootstrap",
    "ranking_metrics",
]

# MONAI takes seconds to import, the other metrics need numpy alone
__getattr__ = imported_on_use(__name__, {"FindingMetrics": "finding_metrics"})
