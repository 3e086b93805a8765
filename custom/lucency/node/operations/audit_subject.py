"""Whose objects were handed over, as their headers say."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pydicom

from .audit_message import Subject

_TAGS = ["SpecificCharacterSet", "SOPClassUID", "StudyInstanceUID", "PatientID", "PatientName"]


def subject_of(files: Sequence[Path]) -> Subject:
    """Describe results of ours for an audit message.

    Args:
        files: of one study, one at least.
    """
    headers = [pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(_TAGS)) for file in files]
    first = headers[0]
    return Subject(
        study_uid=str(first.StudyInstanceUID),
        patient_id=str(first.get("PatientID") or ""),
        patient_name=str(first.get("PatientName") or ""),
        sop_classes=tuple(Counter(str(header.SOPClassUID) for header in headers).items()),
    )
