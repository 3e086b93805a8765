"""What a run leaves for people and machines: tables, scores, reports."""

from typing import TYPE_CHECKING

from ..lazy import imported_on_use

if TYPE_CHECKING:
    from .evaluation import evaluate_scores
    from .fhir import FhirReports, diagnostic_report
    from .model_card import write_model_card
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
    "write_model_card",
    "write_report",
]

# Each is imported on first use: a table of predictions is written without what evaluates and draws
__getattr__ = imported_on_use(
    __name__,
    {
        "FhirReports": "fhir",
        "FindingResult": "schema",
        "GuardResult": "schema",
        "ImageResult": "schema",
        "ModelIdentity": "model_identity",
        "PredictionTable": "predictions",
        "ResultDocument": "schema",
        "ScoresWriter": "scores_writer",
        "StructuredReports": "structured_report",
        "diagnostic_report": "fhir",
        "evaluate_scores": "evaluation",
        "identify_model": "model_identity",
        "read_model_identity": "model_identity",
        "write_model_card": "model_card",
        "write_report": "report",
    },
)
