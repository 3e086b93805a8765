"""What one image's result is made of; the same objects become JSON, CSV, DICOM SR and FHIR."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .model_identity import ModelIdentity

IDENTIFIERS = {  # column of a prediction table: DICOM keyword
    "patient_id": "PatientID",
    "accession_number": "AccessionNumber",
    "study_instance_uid": "StudyInstanceUID",
    "series_instance_uid": "SeriesInstanceUID",
    "sop_instance_uid": "SOPInstanceUID",
    "modality": "Modality",
    "view": "ViewPosition",
}
NOTICE = "NOT FOR CLINICAL USE. Research software; no finding was confirmed by a physician."


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FindingResult(_Record):
    """Probability and decision of one finding, which are two things and stay two things.

    Attributes:
        finding: id in the vocabulary.
        probability: calibrated probability in [0, 1]; the network's own where `calibration` is ``none``.
        raw_probability: sigmoid of the network's logit.
        calibration: what made `probability` from `raw_probability`: a method of `lucency.inference.calibration`.
        decision: ``present`` where ``probability >= threshold``; ``None`` where the site has set no operating point.
        threshold: of `probability`.
        operating_point: the rule that chose the threshold, such as ``sensitivity 0.95``.

    Example:
        >>> FindingResult(finding="mass", probability=0.2, raw_probability=0.2).decision is None
        True
    """

    finding: str
    probability: float = Field(ge=0, le=1, allow_inf_nan=False)
    raw_probability: float = Field(ge=0, le=1, allow_inf_nan=False)
    calibration: str = "none"
    decision: Literal["present", "absent"] | None = None
    threshold: float | None = Field(default=None, ge=0, le=1)
    operating_point: str | None = None


class GuardResult(_Record):
    """Whether an input is what the model was made for.

    Attributes:
        outcome: ``refuse`` means that no probability is given; ``not_run`` that nobody looked.
        reasons: one line each, empty on ``accept``.

    Example:
        >>> GuardResult(outcome="warning", reasons=("ViewPosition is empty",)).outcome
        'warning'
    """

    outcome: Literal["accept", "warning", "refuse", "not_run"] = "not_run"
    reasons: tuple[str, ...] = ()


class ImageResult(_Record):
    """Everything there is to say about one file.

    Attributes:
        file: path relative to the folder that was read.
        status: ``ok``; ``refused`` by the guard; ``skipped``, as it cannot hold a radiograph; ``failed``, as it could
            not be read or predicted.
        reason: one line, empty on ``ok``.
        identifiers: column of `IDENTIFIERS` to text; empty text where the file has none, as PNG.
        guard: what the input guard found.
        findings: one entry a finding on ``ok``, else none.
        notes: what went wrong after the prediction, such as a report that could not be written.

    Example:
        >>> ImageResult(file="note.txt", status="skipped", reason="not an image").findings
        ()
    """

    file: str
    status: Literal["ok", "refused", "skipped", "failed"]
    reason: str = ""
    identifiers: dict[str, str] = {}
    guard: GuardResult = GuardResult()
    findings: tuple[FindingResult, ...] = ()
    notes: tuple[str, ...] = ()


class ResultDocument(_Record):
    """Head of `predictions.json`; `results` holds one `ImageResult` a file, sorted by path.

    Attributes:
        schema_version: changes when a reader of the former one could be misled.
        notice: the statement that every report carries too.
        model: which model answered.
        run: how it was run: site file, backend, guard.
        results: one entry a file.
    """

    schema_version: Literal["lucency-results/1"] = "lucency-results/1"
    notice: str = NOTICE
    model: ModelIdentity
    run: Mapping[str, Any] = {}
    results: tuple[ImageResult, ...] = ()
