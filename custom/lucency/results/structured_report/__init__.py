"""DICOM structured reports (PS3.16 TID 1500) of predictions: written, and read back."""

from .builder import structured_report
from .reader import ReportContent, read_structured_report
from .source_header import source_header
from .uids import deterministic_uid
from .writer import StructuredReports

__all__ = [
    "ReportContent",
    "StructuredReports",
    "deterministic_uid",
    "read_structured_report",
    "source_header",
    "structured_report",
]
