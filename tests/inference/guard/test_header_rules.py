import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import UID

from lucency.inference.guard import InputGuard
from references.guard_inputs import code, header

GUARD = InputGuard(image=False)
READ = (
    *("SOPClassUID", "Modality", "PresentationIntentType", "PhotometricInterpretation", "NumberOfFrames"),
    *("PatientSpeciesDescription", "PatientSpeciesCodeSequence", "AnatomicalOrientationType"),
    *("PatientBreedDescription", "PatientBreedCodeSequence", "BodyPartExamined", "AnatomicRegionSequence"),
    *("ViewPosition", "ViewCodeSequence", "PatientOrientation", "SeriesDescription", "ProtocolName"),
    *("AcquisitionDeviceProcessingDescription", "RequestedProcedureDescription", "StudyDescription"),
    *("PatientAge", "PatientBirthDate", "StudyDate", "BurnedInAnnotation", "SpecificCharacterSet"),
)


def test_a_frontal_chest_is_accepted():
    result = GUARD.check_header(header())
    assert (result.outcome, result.reasons) == ("accept", ())


def test_without_a_header_nothing_is_judged():
    assert GUARD.check_header(None).outcome == "not_run"
    assert InputGuard(header=False, image=False).check_header(header(Modality="CT")).outcome == "not_run"


def test_an_empty_header_is_refused_for_all_that_it_lacks():
    result = GUARD.check_header(Dataset())
    assert result.outcome == "refuse"
    keywords = ("SOPClassUID", "Modality", "PhotometricInterpretation", "BodyPartExamined", "ViewPosition")
    assert [reason.split()[1].rstrip(":") for reason in result.reasons] == list(keywords)


SINGLE = [  # element, value, outcome
    ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.1", "accept"),  # CR
    ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7", "accept"),  # secondary capture of modality DX
    ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.1.1.1", "refuse"),  # DX for processing
    ("SOPClassUID", "1.2.840.10008.5.1.4.1.1.2", "refuse"),  # CT
    ("SOPClassUID", "2.25.1", "refuse"),
    ("Modality", "CR", "accept"),
    ("Modality", "cr ", "accept"),
    ("Modality", "OT", "refuse"),
    ("Modality", "MG", "refuse"),
    ("Modality", ["DX", "CT"], "refuse"),
    ("PresentationIntentType", "FOR PROCESSING", "refuse"),
    ("PresentationIntentType", None, "accept"),
    ("PhotometricInterpretation", "MONOCHROME1", "accept"),
    ("PhotometricInterpretation", "RGB", "refuse"),
    ("PhotometricInterpretation", "PALETTE COLOR", "refuse"),
    ("NumberOfFrames", 1, "accept"),
    ("NumberOfFrames", 96, "refuse"),
    ("PatientSpeciesDescription", "Homo sapiens", "accept"),
    ("PatientSpeciesDescription", "Canine", "refuse"),
    ("PatientSpeciesCodeSequence", code("337915000"), "accept"),
    ("PatientSpeciesCodeSequence", code("448771007"), "refuse"),
    ("PatientBreedDescription", "Beagle", "refuse"),
    ("AnatomicalOrientationType", "QUADRUPED", "refuse"),
    ("AnatomicalOrientationType", "BIPED", "accept"),
    ("PatientAge", "017Y", "warning"),
    ("PatientAge", "018Y", "accept"),
    ("PatientAge", "011M", "warning"),
    ("PatientAge", "007D", "warning"),
    ("PatientAge", "62", "accept"),
    ("PatientAge", None, "accept"),
    ("BurnedInAnnotation", "YES", "warning"),
    ("BurnedInAnnotation", None, "accept"),
]


@pytest.mark.parametrize(("keyword", "value", "outcome"), SINGLE)
def test_one_element_decides(keyword, value, outcome):
    result = GUARD.check_header(header(**{keyword: value}))
    assert result.outcome == outcome
    assert bool(result.reasons) == (outcome != "accept")


def test_a_secondary_capture_of_another_modality_is_refused():
    assert GUARD.check_header(header(SOPClassUID="1.2.840.10008.5.1.4.1.1.7", Modality="OT")).outcome == "refuse"


PARTS = [  # what changes in the header, outcome
    *(
        ({"BodyPartExamined": part}, "accept")
        for part in ("Chest", "THORAX", "Tórax", "CHEST PA", "CHEST_PORTABLE", "LUNG")
    ),
    *(
        ({"BodyPartExamined": part}, "refuse")
        for part in ("HAND", "TSPINE", "THORACIC SPINE", "CHESTABDOMEN", "RIB", "EXTREMITY")
    ),
    ({"BodyPartExamined": "CHEST ABDOMEN"}, "refuse"),
    ({"BodyPartExamined": ""}, "warning"),
    ({"BodyPartExamined": "UNKNOWN"}, "warning"),
    ({"BodyPartExamined": None, "AnatomicRegionSequence": code("816094009")}, "accept"),
    ({"BodyPartExamined": None, "AnatomicRegionSequence": code("T-D3000", "SRT")}, "accept"),
    ({"BodyPartExamined": None, "AnatomicRegionSequence": code("T-04000", "SNM3")}, "refuse"),
    ({"BodyPartExamined": None, "AnatomicRegionSequence": code("12", "99LOCAL")}, "warning"),
    ({"BodyPartExamined": "CHEST", "AnatomicRegionSequence": code("85562004")}, "warning"),
    ({"BodyPartExamined": "HAND", "AnatomicRegionSequence": code("816094009")}, "refuse"),
    ({"BodyPartExamined": "HAND", "SeriesDescription": "Chest"}, "refuse"),
    ({"BodyPartExamined": "CHEST", "SeriesDescription": "Knee left"}, "warning"),
    ({"BodyPartExamined": "CHEST", "StudyDescription": "Knee left"}, "accept"),
    ({"BodyPartExamined": None, "SeriesDescription": "Thorax"}, "accept"),
    ({"BodyPartExamined": None, "StudyDescription": "XR Knee"}, "refuse"),
    ({"BodyPartExamined": None, "StudyDescription": "XR Chest and abdomen"}, "warning"),
]


@pytest.mark.parametrize(("elements", "outcome"), PARTS)
def test_body_part(elements, outcome):
    assert GUARD.check_header(header(**elements)).outcome == outcome


VIEWS = [
    *(
        ({"ViewPosition": view}, "accept")
        for view in ("PA", "AP", "pa", "AP ERECT", "POSTERO-ANTERIOR", "FRONTAL", "P.A.")
    ),
    *(
        ({"ViewPosition": view}, "refuse")
        for view in ("LL", "RL", "LATERAL", "LAT", "RLD", "LLO", "AP DECUBITUS", "LORDOTIC", "DV")
    ),
    ({"ViewPosition": ""}, "warning"),
    ({"ViewPosition": None}, "warning"),
    ({"ViewPosition": "STANDING"}, "warning"),
    ({"ViewPosition": None, "ViewCodeSequence": code("272479007")}, "accept"),
    ({"ViewPosition": None, "ViewCodeSequence": code("R-10206", "SRT")}, "accept"),
    ({"ViewPosition": None, "ViewCodeSequence": code("399067008")}, "refuse"),
    ({"ViewPosition": None, "ViewCodeSequence": code("399162004")}, "refuse"),
    ({"ViewPosition": None, "ViewCodeSequence": code("V7", "99LOCAL")}, "warning"),
    ({"ViewPosition": None, "PatientOrientation": ["L", "F"]}, "accept"),
    ({"ViewPosition": None, "PatientOrientation": ["R", "FP"]}, "accept"),
    ({"ViewPosition": None, "PatientOrientation": ["A", "F"]}, "refuse"),
    ({"ViewPosition": None, "PatientOrientation": ["F", "PL"]}, "refuse"),
    ({"ViewPosition": None, "PatientOrientation": ["L", "P"]}, "warning"),
    ({"ViewPosition": None, "PatientOrientation": ["L"]}, "warning"),
    ({"ViewPosition": None, "SeriesDescription": "Thorax p.a."}, "accept"),
    ({"ViewPosition": None, "SeriesDescription": "view: PA"}, "accept"),
    ({"ViewPosition": None, "SeriesDescription": "Thorax seitlich"}, "refuse"),
    ({"ViewPosition": None, "SeriesDescription": "bilateral"}, "warning"),
    ({"ViewPosition": None, "SeriesDescription": "PA", "StudyDescription": "Chest lateral"}, "accept"),
    ({"ViewPosition": None, "StudyDescription": "Chest PA and lateral"}, "warning"),
    ({"ViewPosition": "PA", "PatientOrientation": ["A", "F"]}, "warning"),
    ({"ViewPosition": "PA", "SeriesDescription": "LAT"}, "warning"),
    ({"ViewPosition": "PA", "StudyDescription": "Chest lateral"}, "accept"),
    ({"ViewPosition": "LL", "PatientOrientation": ["L", "F"]}, "refuse"),
]


@pytest.mark.parametrize(("elements", "outcome"), VIEWS)
def test_view(elements, outcome):
    assert GUARD.check_header(header(**elements)).outcome == outcome


@pytest.mark.parametrize(
    ("born", "taken", "outcome"),
    [
        ("20050601", "20230531", "warning"),  # the day before the 18th birthday
        ("20050601", "20230601", "accept"),
        ("18000101", "20230601", "accept"),  # nobody is 223 years old: the date says nothing
        ("20250101", "20230601", "accept"),
        ("2005", "20230601", "accept"),
    ],
)
def test_age_from_dates(born, taken, outcome):
    dataset = header(PatientAge=None, StudyDate=taken)
    element = RawDataElement(Tag("PatientBirthDate"), "DA", len(born), born.encode(), 0, False, True)
    dataset[Tag("PatientBirthDate")] = element
    assert GUARD.check_header(dataset).outcome == outcome


def test_reasons_do_not_tell_the_age_or_quote_at_length():
    result = GUARD.check_header(header(PatientAge="004Y", BodyPartExamined="A" * 60))
    assert not [reason for reason in result.reasons if "4 " in reason or "004Y" in reason or "A" * 50 in reason]


def test_the_worst_reasons_come_first():
    result = GUARD.check_header(
        header(ViewPosition=None, PhotometricInterpretation="RGB", PatientAge="004Y", Modality="CT")
    )
    assert ["Modality" in result.reasons[0], "Photometric" in result.reasons[1]] == [True, True]
    assert len(result.reasons) == 4


def test_each_rule_can_be_silenced_or_sharpened():
    lateral = header(ViewPosition="LL")
    assert InputGuard(image=False, rules={"view": {"other": "accept"}}).check_header(lateral).outcome == "accept"
    both = InputGuard(image=False, rules={"view": {"allowed": ["PA", "LATERAL"]}})
    assert both.check_header(lateral).outcome == "accept"
    assert both.check_header(header(ViewPosition="AP")).outcome == "refuse"
    strict = InputGuard(image=False, rules={"age": {"minimum": 70, "other": "refuse", "missing": "warning"}})
    assert strict.check_header(header()).outcome == "refuse"
    assert strict.check_header(header(PatientAge=None)).outcome == "warning"
    ribs = InputGuard(image=False, rules={"body_part": {"allowed": ["chest", "rib"]}})
    assert ribs.check_header(header(BodyPartExamined="RIB")).outcome == "accept"
    ct = {"sop_class": {"allowed": ["CTImageStorage"]}, "modality": {"allowed": ["CT"]}}
    accepted = header(SOPClassUID=UID("1.2.840.10008.5.1.4.1.1.2"), Modality="CT")
    assert InputGuard(image=False, rules=ct).check_header(accepted).outcome == "accept"


ANYTHING = st.one_of(
    st.binary(max_size=64),
    st.text(max_size=32).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from([b"", b"\\", b"PA\\PA", b"\xff\xfe", b"1A", b"-1", b"nan", b"LL", b"HAND", b"L\\", b"0000Y"]),
)
REPRESENTATIONS = st.sampled_from(["CS", "LO", "DA", "AS", "IS", "DS", "US", "SQ", "UN", "PN", "UI", "OB", "ZZ"])


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(READ), st.tuples(REPRESENTATIONS, ANYTHING), max_size=8))
def test_no_header_is_too_weird(elements):
    dataset = header()
    for keyword, (representation, value) in elements.items():
        tag = Tag(tag_for_keyword(keyword))
        dataset[tag] = RawDataElement(tag, representation, len(value), value, 0, False, True)
    result = GUARD.check_header(dataset)
    assert result.outcome in ("accept", "warning", "refuse")
    assert all(reason and reason.isprintable() for reason in result.reasons)
