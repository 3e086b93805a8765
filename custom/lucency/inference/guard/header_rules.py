"""The header check: one function a rule, each telling what it has found."""

from collections.abc import Callable, Iterator, Sequence

from pydicom import Dataset
from pydicom.uid import UID

from ...results.schema import GuardResult
from ...transforms.quiet import quiet_pydicom
from .body_part import body_parts
from .header_values import age_in_years, named, normalised, shown, snomed_codes, text, texts
from .merging import Found, guard_result
from .rules import Rules, TestimonyRule, ValueRule
from .testimony import Testimony, disagreeing
from .view import views

_HUMAN_CODES = frozenset({"337915000", "30996001", "L-85003", "L-85B00"})


def check_header(dataset: Dataset, rules: Rules) -> GuardResult:
    """Judge a radiograph by its header alone.

    Args:
        dataset: the header; no pixels are needed. What it holds may be anything: nothing is raised.
        rules: what leads to which outcome.

    Returns:
        The worst outcome, and a reason for each rule that did not accept, the worst first.
    """
    with quiet_pydicom():
        return guard_result([found for check in _CHECKS for found in check(dataset, rules)])


def _sop_class(dataset: Dataset, rules: Rules) -> Iterator[Found]:
    uids = texts(dataset, "SOPClassUID") or texts(dataset, "MediaStorageSOPClassUID")
    name = UID(uids[0]).name if uids else ""
    yield from _value("SOPClassUID", uids[0] if uids else "", rules.sop_class, f"{shown(name)} is not accepted")


def _modality(dataset: Dataset, rules: Rules) -> Iterator[Found]:
    told = texts(dataset, "Modality")  # one value by PS3.3 C.7.3.1; a second one is not passed over
    yield from _value("Modality", text(dataset, "Modality") if len(told) < 2 else "\\".join(told), rules.modality)


def _intent(dataset: Dataset, rules: Rules) -> Iterator[Found]:
    yield from _value("PresentationIntentType", text(dataset, "PresentationIntentType"), rules.intent)


def _photometric(dataset: Dataset, rules: Rules) -> Iterator[Found]:
    yield from _value("PhotometricInterpretation", text(dataset, "PhotometricInterpretation"), rules.photometric)


def _frames(dataset: Dataset, rules: Rules) -> Iterator[Found]:
    frames = texts(dataset, "NumberOfFrames")
    if frames and frames[0] not in ("0", "1"):  # some devices write 0 for an image without frames
        yield rules.frames.other, f"{named('NumberOfFrames')}: {shown(frames[0])}; only single images are judged"


def _species(dataset: Dataset, rules: Rules) -> Iterator[Found]:
    species = text(dataset, "PatientSpeciesDescription")
    yield from _value("PatientSpeciesDescription", species, rules.species)
    animals = [code for code in snomed_codes(dataset, "PatientSpeciesCodeSequence") if code not in _HUMAN_CODES]
    if animals:
        yield rules.species.other, f"{named('PatientSpeciesCodeSequence')}: {shown(animals[0])} is no human"
    if text(dataset, "AnatomicalOrientationType") == "QUADRUPED":
        yield rules.species.other, f"{named('AnatomicalOrientationType')}: QUADRUPED, an animal"
    if text(dataset, "PatientBreedDescription") or snomed_codes(dataset, "PatientBreedCodeSequence"):
        yield rules.species.other, f"{named('PatientBreedDescription')}: the patient has a breed, an animal"


def _body_part(dataset: Dataset, rules: Rules) -> Iterator[Found]:
    yield from _testimony("BodyPartExamined", "body part", body_parts(dataset), rules.body_part)


def _view(dataset: Dataset, rules: Rules) -> Iterator[Found]:
    yield from _testimony("ViewPosition", "view", views(dataset), rules.view)


def _age(dataset: Dataset, rules: Rules) -> Iterator[Found]:
    age = age_in_years(dataset)
    if age is None:
        yield rules.age.missing, f"{named('PatientAge')}: no age is told"
    elif age < rules.age.minimum:  # the age itself is the patient's and stays out of reports
        yield rules.age.other, f"{named('PatientAge')}: younger than {rules.age.minimum:g} years"


def _burned_in(dataset: Dataset, rules: Rules) -> Iterator[Found]:
    if text(dataset, "BurnedInAnnotation") == "YES":
        yield rules.burned_in.other, f"{named('BurnedInAnnotation')}: YES; text may lie over the image"


_CHECKS: tuple[Callable[[Dataset, Rules], Iterator[Found]], ...] = (
    _sop_class,
    _modality,
    _intent,
    _photometric,
    _frames,
    _species,
    _body_part,
    _view,
    _age,
    _burned_in,
)


def _value(keyword: str, value: str, rule: ValueRule, objection: str = "") -> Iterator[Found]:
    if not value:
        yield rule.missing, f"{named(keyword)}: is missing, empty or unreadable"
    elif normalised(value) not in map(normalised, rule.allowed):
        wanted = f"{shown(value)} is not {' or '.join(rule.allowed)}"
        yield rule.other, f"{named(keyword)}: {objection or wanted}"


def _testimony(keyword: str, subject: str, heard: Sequence[Testimony], rule: TestimonyRule) -> Iterator[Found]:
    if not heard:
        yield rule.missing, f"{named(keyword)}: nothing tells the {subject}"
        return
    first, allowed = heard[0], [normalised(one) for one in rule.allowed]
    if first.meaning not in allowed:
        yield rule.other, f"{_said(first)}; only {' and '.join(rule.allowed)} are judged"
        return
    for other in disagreeing(heard, allowed):
        yield rule.contradicted, f"{_said(other)}, but {_said(first)}"


def _said(one: Testimony) -> str:
    meaning = "" if one.meaning == one.value else f" ({one.meaning})"
    return f"{named(one.keyword)}: {shown(one.value)}{meaning}"
