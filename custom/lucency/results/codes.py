"""The coded concepts of DICOM and FHIR reports, each with the reference that shows code and meaning together."""

from ..errors import LabelError
from ..labels import vocabulary
from ..labels.finding import Code

MANUFACTURER = "Lucency"
PRIVATE_SCHEME = "99LUCENCY"
PRIVATE_SCHEME_NAME = "Lucency findings and properties of a probability"

_TERMS = "DICOM PS3.16 Annex D"
_OURS = "Lucency; declared in the report's Coding Scheme Identification Sequence"

PROBABILITY = Code("DCM", "111012", "Certainty of Finding", _TERMS)
PRESENCE = Code("DCM", "121052", "Presence of property", _TERMS)
PRESENT = Code("SCT", "52101004", "Present", "DICOM PS3.16 CID 240")
ABSENT = Code("SCT", "272519000", "Absent", "DICOM PS3.16 CID 240")
OPERATING_POINT = Code("DCM", "111081", "CAD Operating Point Description", _TERMS)
THRESHOLD = Code(PRIVATE_SCHEME, "threshold", "Threshold of the certainty of finding", _OURS)
RAW_PROBABILITY = Code(PRIVATE_SCHEME, "raw_probability", "Certainty of finding before calibration", _OURS)
CALIBRATION = Code(PRIVATE_SCHEME, "calibration", "Calibration of the certainty of finding", _OURS)
PROCEDURE = Code("SCT", "168537006", "Plain radiography", "DICOM PS3.16 CID 10005")
TITLE = Code("DCM", "126000", "Imaging Measurement Report", "DICOM PS3.16 CID 7021")
EQUIPMENT = Code("DCM", "109102", "Processing Equipment", "DICOM PS3.16 CID 7005")
PERCENT = Code("UCUM", "%", "Percent", "DICOM PS3.16 CID 7181")

EVALUATIONS = Code("UMLS", "C0034375", "Qualitative Evaluations", "DICOM PS3.16 TID 1500")
SUMMARY = Code("DCM", "111017", "CAD Processing and Findings Summary", _TERMS)
WITH_FINDINGS = Code("DCM", "111242", "All algorithms succeeded; with findings", "DICOM PS3.16 CID 6047")
WITHOUT_FINDINGS = Code("DCM", "111241", "All algorithms succeeded; without findings", "DICOM PS3.16 CID 6047")
QUALITY = Code("DCM", "111050", "Quality Assessment", _TERMS)
QUALITY_FINDING = Code("DCM", "111052", "Quality Finding", _TERMS)
USABLE = Code("DCM", "111237", "Usable - Meets the quality control standard", "DICOM PS3.16 CID 6044")
DOUBTFUL = Code("DCM", "111236", "Usable - Does not meet the quality control standard", "DICOM PS3.16 CID 6044")
COMMENT = Code("DCM", "121106", "Comment", _TERMS)


def finding_code(finding: str) -> Code:
    """Code of a finding: SNOMED CT, else DICOM, else RadLex where the vocabulary has a verified one, else ours.

    Example:
        >>> finding_code("edema").value, finding_code("hernia").scheme, finding_code("own_finding").meaning
        ('19242006', '99LUCENCY', 'own_finding')
    """
    try:
        entry = vocabulary().get(finding)
    except LabelError:  # a bundle may have findings of its own
        return Code(PRIVATE_SCHEME, finding, finding[:64], _OURS)
    return entry.snomed or entry.dicom or entry.radlex or Code(PRIVATE_SCHEME, finding, entry.display[:64], _OURS)
