"""Rounds of reading: rank labels, hand out worklists, take verdicts in, and say what came of it."""

from .assessment import assessment_report
from .assessment_reader import read_assessments
from .conflicts import reader_conflicts
from .label_studio import label_studio
from .label_studio_export import read_label_studio
from .predictions import LabelledPredictions
from .questions import Question
from .ranking import rank
from .ranking_file import read_ranking, write_ranking
from .status import changed_labels, finding_status, round_status
from .verdict_csv import read_verdict_csv
from .verdicts import RejectedVerdictsError, VerdictFile, record_verdicts
from .words import WORDS
from .writer import Worklist, write_worklist

__all__ = [
    "WORDS",
    "LabelledPredictions",
    "Question",
    "RejectedVerdictsError",
    "VerdictFile",
    "Worklist",
    "assessment_report",
    "changed_labels",
    "finding_status",
    "label_studio",
    "rank",
    "read_assessments",
    "read_label_studio",
    "read_ranking",
    "read_verdict_csv",
    "reader_conflicts",
    "record_verdicts",
    "round_status",
    "write_ranking",
    "write_worklist",
]
