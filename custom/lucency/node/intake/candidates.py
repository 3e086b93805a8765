"""Which SOP classes are worth a worker's look."""

CANDIDATES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.1",  # Computed Radiography Image
        "1.2.840.10008.5.1.4.1.1.1.1",  # Digital X-Ray Image, for presentation
        "1.2.840.10008.5.1.4.1.1.1.1.1",  # the same, for processing; the guard says why it is refused
        "1.2.840.10008.5.1.4.1.1.7",  # Secondary Capture Image
        "1.2.840.10008.5.1.4.1.1.88.11",  # Basic Text SR; SR classes may hold a reader's verdict
        "1.2.840.10008.5.1.4.1.1.88.22",  # Enhanced SR
        "1.2.840.10008.5.1.4.1.1.88.33",  # Comprehensive SR
        "1.2.840.10008.5.1.4.1.1.88.34",  # Comprehensive 3D SR
        "1.2.840.10008.5.1.4.1.1.88.35",  # Extensible SR
    }
)
"""Objects of other classes (PS3.4 B.5) are taken and skipped at once: a router must not fail over them."""


def is_candidate(sop_class_uid: str) -> bool:
    """Whether an object of this class may be a radiograph of the chest, or a verdict about a report.

    Example:
        >>> is_candidate("1.2.840.10008.5.1.4.1.1.1"), is_candidate("1.2.840.10008.5.1.4.1.1.2")
        (True, False)
    """
    return sop_class_uid in CANDIDATES
