"""What a run leaves for people and machines: tables, scores, reports."""

from .evaluation import evaluate_scores
from .fhir import FhirReports, diagnostic_report
from .model_identity import ModelIdentity, identify_model, read_model_identity
from .predictions import PredictionTable
from .report import write_report
from .schema import FindingResult, GuardResult, ImageResult, ResultDocument
from .scores_writer import ScoresWriter
from .structured_report import StructuredReports

__all__ = [
    "FhirReports",
    "FindingResult",
    "GuardResult",
    "ImageResult",
    "ModelIdentity",
    "PredictionTable",
    "ResultDocument",
    "ScoresWriter",
    "StructuredReports",
    "diagnostic_report",
    "evaluate_scores",
    "identify_model",
    "read_model_identity",
    "write_report",
]
