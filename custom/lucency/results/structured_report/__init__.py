"""DICOM structured reports (PS3.16 TID 1500) of predictions: written, and read back."""

from .builder import structured_report
from .reader import ReportContent, read_structured_report
from .writer import StructuredReports

__all__ = [
    "ReportContent",
    "StructuredReports",
    "read_structured_report",
    "structured_report",
]
