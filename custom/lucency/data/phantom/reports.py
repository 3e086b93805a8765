"""What a report mentions of what is there: most findings are left unsaid."""

from ...labels import LabelState
from .case import PhantomCase
from .nih_counts import FINDINGS
from .streams import stream

MENTION = {
    # finding: (chance that a positive is mentioned at severity 0, at severity 1, chance of an explicit negative)
    "atelectasis": (0.30, 0.90, 0.04),
    "cardiomegaly": (0.35, 0.98, 0.35),
    "consolidation": (0.40, 0.98, 0.45),
    "edema": (0.35, 0.95, 0.15),
    "effusion": (0.40, 0.98, 0.60),
    "emphysema": (0.25, 0.90, 0.02),
    "fibrosis": (0.25, 0.85, 0.02),
    "hernia": (0.25, 0.90, 0.01),
    "infiltration": (0.35, 0.90, 0.10),
    "mass": (0.55, 0.98, 0.05),
    "nodule": (0.40, 0.95, 0.05),
    "pleural_thickening": (0.20, 0.80, 0.03),
    "pneumonia": (0.35, 0.90, 0.15),
    "pneumothorax": (0.55, 0.99, 0.60),
}
"""Chosen, not measured: reports name what is large, and rule out what clinicians ask about."""

_DOUBT_BELOW, _DOUBT, _NOT_EXCLUDED = 0.4, 0.35, 0.15
_NORMAL_STATED = 0.6


def true_states(case: PhantomCase) -> dict[str, LabelState]:
    """State of each finding and of `no_finding` with nothing left unsaid."""
    states = {name: LabelState.POSITIVE if name in case.severity else LabelState.NEGATIVE for name in FINDINGS}
    states["no_finding"] = LabelState.NEGATIVE if case.severity else LabelState.POSITIVE
    return states


def reported_states(case: PhantomCase) -> dict[str, LabelState]:
    """State of each finding and of `no_finding` as a report of the image would give it.

    A report never contradicts the truth: a positive finding is mentioned as positive (as uncertain at times when it is
    mild) or not at all, an absent one is ruled out or not mentioned; pneumonia is uncertain at times when another
    opacity is present. `no_finding` is positive in six of ten reports of normal images, else unmentioned.
    """
    rng = stream(case.seed, "report", case.index)
    states = {}
    for name in FINDINGS:
        mention, doubt = rng.random(2)
        states[name] = _state(name, case, float(mention), float(doubt))
    normal = not case.severity and rng.random() < _NORMAL_STATED
    states["no_finding"] = LabelState.POSITIVE if normal else LabelState.UNMENTIONED
    return states


def _state(name: str, case: PhantomCase, mention: float, doubt: float) -> LabelState:
    mild, gross, absent = MENTION[name]
    severity = case.severity.get(name)
    if severity is not None:
        if mention >= mild + (gross - mild) * severity:
            return LabelState.UNMENTIONED
        return LabelState.UNCERTAIN if severity < _DOUBT_BELOW and doubt < _DOUBT else LabelState.POSITIVE
    opacity = name == "pneumonia" and bool({"consolidation", "infiltration"} & case.severity.keys())
    if opacity and doubt < _NOT_EXCLUDED:
        return LabelState.UNCERTAIN
    return LabelState.NEGATIVE if mention < absent else LabelState.UNMENTIONED
