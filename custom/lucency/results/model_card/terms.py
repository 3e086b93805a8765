"""Words that RSNA ATLAS (schema 2026-12) allows where it does not take free text."""

SCHEMA = "https://atlas.rsna.org/schemas/2026-12/model.json"
MODALITIES = {"CR": "Computed radiography (RID10349)", "DX": "Digital radiography (RID10351)"}
"""DICOM Modality (0008,0060) to RadLex."""

USES = (
    "Autonomous diagnosis",
    "Decision support",
    "Detection",
    "Detection and diagnosis",
    "Diagnosis",
    "Prognosis",
    "Report generation",
    "Risk assessment",
    "Treatment",
    "Triage",
)
"""Those that a classifier of radiographs can have."""

USERS = (
    "Administrator",
    "Advanced practice provider",
    "Diagnostic radiologist",
    "General diagnostic radiologist",
    "Healthcare professional",
    "Layperson",
    "Medical physicist",
    "Non-physician provider",
    "Nurse",
    "Patient",
    "Physician",
    "Physician assistant",
    "Radiologist",
    "Radiology staff member",
    "Radiology technologist",
    "Referring physician",
    "Researcher",
    "Subspecialist diagnostic radiologist",
)
"""Those that may sit before its results."""

JURISDICTIONS = ("US", "EU", "GB", "UK-NI", "CH", "CA", "AU", "JP", "CN", "KR", "BR", "IN", "IL", "SG", "Other")
STATUSES = (
    "Authorized",
    "Submitted / under review",
    "Not submitted",
    "Research use only",
    "Withdrawn",
    "Suspended",
    "Expired",
    "Not available",
)
TEXT = 512
"""Characters that most texts may have."""
