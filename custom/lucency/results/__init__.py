"""What a run leaves for people and machines: tables, scores, reports."""

from .evaluation import evaluate_scores
from .predictions import PredictionTable
from .report import write_report
from .scores_writer import ScoresWriter

__all__ = ["PredictionTable", "ScoresWriter", "evaluate_scores", "write_report"]
