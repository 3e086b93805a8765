import re
from collections import Counter

import pandas as pd
import pytest
from pydicom.sr._concepts_dict import concepts

from lucency.errors import ConfigError, LabelError
from lucency.labels import CHEXPERT14, NIH14, Finding, Vocabulary, vocabulary

CODED = [(found, code) for found in vocabulary() for code in (found.snomed, found.radlex, found.dicom) if code]


def finding(finding_id, parent=None, **names):
    return Finding(finding_id, finding_id, parent, None, {key: tuple(names[key]) for key in names}, None, None, None)


def verhoeff_remainder(number):
    """0 for a number that ends in its Verhoeff digit: its digits walk through the dihedral group of the pentagon."""
    permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    state = 0
    for position, digit in enumerate(map(int, reversed(number))):
        for _ in range(position % 8):
            digit = permutation[digit]
        rotation, flipped = (state + digit if state < 5 else state - digit) % 5, (state < 5) != (digit < 5)
        state = rotation + 5 * flipped
    return state


def pydicom_meanings(scheme):
    """Code to all meanings that pydicom's dictionary has for it, in lower case, without SNOMED CT's semantic tag."""
    meanings = {}
    for entry in concepts[scheme].values():
        for code, (meaning, _) in entry.items():
            meanings.setdefault(code, set()).add(re.sub(r" \([a-z ]+\)$", "", meaning.lower()))
    return meanings


def test_source_lists_have_the_order_of_the_files():
    names = [vocabulary().get(finding_id).names["chexpert14"] for finding_id in CHEXPERT14]
    assert names == [
        ("No Finding",), ("Enlarged Cardiomediastinum",), ("Cardiomegaly",), ("Lung Opacity",), ("Lung Lesion",),
        ("Edema",), ("Consolidation",), ("Pneumonia",), ("Atelectasis",), ("Pneumothorax",), ("Pleural Effusion",),
        ("Pleural Other",), ("Fracture",), ("Support Devices",),
    ]  # fmt: skip
    assert list(NIH14) == sorted(NIH14)
    assert {name.id for name in vocabulary() if "nih14" in name.names} == {*NIH14, "no_finding"}
    assert {name.id for name in vocabulary() if "chexpert14" in name.names} == set(CHEXPERT14)


def test_mimic_has_the_columns_of_chexpert():
    for finding_id in CHEXPERT14:
        names = vocabulary().get(finding_id).names
        assert set(names["chexpert14"]) <= set(names["mimic"])


def test_vindr_is_there_with_its_22_local_and_6_global_labels():
    labels = [name.id for name in vocabulary() if "vindr" in name.names]
    assert len(labels) == 22 + 6


def test_ids_are_column_names():
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", finding_id) for finding_id in vocabulary().ids)
    assert len(set(vocabulary().ids)) == len(vocabulary().findings)


def test_every_name_is_found_again():
    for expected in vocabulary():
        for source, names in expected.names.items():
            assert [vocabulary().find(source, name) for name in names] == [expected] * len(names)


def test_every_label_of_the_real_nih_file_is_known(real_data):
    cells = pd.read_csv(real_data / "nih_cxr14_subset" / "index_dev.csv", usecols=["finding_labels"])["finding_labels"]
    labels = set(cells.str.split("|").explode())
    assert {vocabulary().find("nih14", label).id for label in labels} == {*NIH14, "no_finding"}


@pytest.mark.parametrize(
    ("finding_id", "ancestors"),
    [
        ("atelectasis", ["lung_opacity"]),
        ("cardiomegaly", ["enlarged_cardiomediastinum"]),
        ("edema", ["lung_opacity"]),
        ("effusion", []),
        ("lung_lesion", ["lung_opacity"]),
        ("nodule", ["nodule_mass", "lung_lesion", "lung_opacity"]),
        ("mass", ["nodule_mass", "lung_lesion", "lung_opacity"]),
        ("pleural_thickening", ["pleural_other"]),
        ("pneumonia", ["consolidation", "lung_opacity"]),
        ("rib_fracture", ["fracture"]),
    ],
)
def test_hierarchy(finding_id, ancestors):
    assert list(vocabulary().ancestors(finding_id)) == ancestors
    assert (vocabulary().get(finding_id).parent_source is not None) == bool(ancestors)


@pytest.mark.parametrize(("found", "code"), CODED, ids=lambda value: getattr(value, "id", None))
def test_a_code_that_pydicom_knows_means_there_what_it_means_here(found, code):
    known = pydicom_meanings(code.scheme).get(code.value)
    assert known is None or code.meaning.lower() in known
    assert known is not None or "pydicom" not in code.source


@pytest.mark.parametrize("finding_id", ["mass", "nodule", "infiltration", "lung_opacity"])
def test_codes_wider_than_the_chest_stand_in_the_context_group_of_chest_opacities(finding_id):
    code = vocabulary().get(finding_id).dicom or vocabulary().get(finding_id).snomed
    entries = [entry[code.value] for entry in concepts[code.scheme].values() if code.value in entry]
    assert any(6104 in context_groups for _, context_groups in entries)


def test_verhoeff_knows_right_from_wrong():
    assert verhoeff_remainder("2363") == 0  # the textbook example: 236 with check digit 3
    assert all(verhoeff_remainder(f"236{digit}") for digit in range(10) if digit != 3)


@pytest.mark.parametrize("code", [code.value for _, code in CODED if code.scheme == "SCT"])
def test_snomed_codes_end_in_their_check_digit(code):
    assert verhoeff_remainder(code) == 0


def test_no_code_names_two_findings():
    assert not [code for code, count in Counter((code.scheme, code.value) for _, code in CODED).items() if count > 1]


@pytest.mark.parametrize(
    ("source", "name", "hint"),
    [
        ("nih14", "pneumothorax", "did you mean 'Pneumothorax'?"),
        ("nih14", "Pleural Thickening", "did you mean 'Pleural_Thickening'?"),
        ("chexpert14", "Pleural_Effusion", "did you mean 'Pleural Effusion'?"),
        ("padchest", " pneumonia", "did you mean 'pneumonia'?"),
        ("siim", "xyz", "known are"),
        ("nih", "Edema", "'nih' is not a label source; did you mean 'nih14'?"),
    ],
)
def test_names_are_never_guessed_only_suggested(source, name, hint):
    with pytest.raises(LabelError) as error:
        vocabulary().find(source, name)
    assert hint in str(error.value)
    assert "\n" not in str(error.value)


def test_unknown_id():
    with pytest.raises(LabelError, match="'pleural_efusion' is not a finding id"):
        vocabulary().get("pleural_efusion")
    with pytest.raises(LabelError, match=r"'Edema' is not a finding id; did you mean 'edema'\?"):
        vocabulary().ancestors("Edema")


def test_the_vocabulary_is_read_once_and_cannot_be_changed():
    assert vocabulary() is vocabulary()
    with pytest.raises(AttributeError):
        vocabulary().get("edema").id = "mass"
    with pytest.raises(TypeError):
        vocabulary().get("edema").names["nih14"] = ("Mass",)


@pytest.mark.parametrize(
    ("findings", "message"),
    [
        ([finding("a"), finding("a")], "finding 'a' is given twice"),
        ([finding("a", nih14=["A"]), finding("b", nih14=["A"])], "nih14 'A' is given to 'a' and to 'b'"),
        ([finding("a", nih14=["A", "A"])], "nih14 'A' is given to 'a' and to 'a'"),
        ([finding("a", nih41=["A"])], "unknown source 'nih41'"),
        ([finding("edema", parent="lung_opacty"), finding("lung_opacity")], "did you mean 'lung_opacity'?"),
        ([finding("a", parent="b"), finding("b", parent="a")], "a > b > a is a circle"),
        ([finding("a", parent="a")], "a > a is a circle"),
    ],
)
def test_a_contradictory_vocabulary_is_refused(findings, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        Vocabulary(tuple(findings), {"nih14": "file"})


def test_one_name_may_mean_different_findings_in_different_sources():
    assert vocabulary().find("rsna", "Normal").id == vocabulary().find("padchest", "normal").id == "no_finding"
    both = Vocabulary((finding("a", x=["A"]), finding("b", y=["A"])), {"x": "file", "y": "file"})
    assert (both.find("x", "A").id, both.find("y", "A").id) == ("a", "b")
