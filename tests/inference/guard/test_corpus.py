"""Real files of many makers: what becomes of each is what the corpus says should."""

import csv
import re

import pytest

from lucency.inference.folder import describe
from lucency.inference.guard import merged
from lucency.transforms import RadiographError, read_radiograph
from references.guard_inputs import letterboxed

OK = {"accept", "warning"}
EXPECTED = (  # beginning of what the corpus expects of a file, and the outcomes that fulfil it; the first match counts
    ("process per tag: header says MONOCHROME1 though", {"warning"}),
    ("process", OK),
    ("reject", {"refuse"}),
    ("fail", {"failed", "refuse"}),
    ("skip", {"skipped"}),
    ("multi-frame .* reject", {"refuse"}),
    # test images of other modalities, for the reader alone
    ("Modality LUT sequence|VOI LUT sequence|VOI \\+ modality LUT|overlay plane|signed 9 bit", {"refuse"}),
    ("big endian|JPEG extended|JPEG-LS|RLE|deflated", {"refuse"}),
)
VARIANTS = (  # the same for the encodings of one chest
    ("same pixels but ViewPosition LL|same pixels but BodyPartExamined HAND", {"refuse"}),
    ("BodyPartExamined and ViewPosition absent|PatientAge 004Y", {"warning"}),
    ("half of PixelData missing|constant image", {"failed"}),
    ("original pixels|same pixels|pixels 1023-x|signed stored|slope 2|VOI LUT sequence|two windows", {"accept"}),
    ("no window at all|padded", OK),
)


def outcome(guard, path):
    """Go the way of a prediction: list, header, decode, image."""
    description, dataset = describe(path)
    if description["status"] != "ok":
        return description["status"], (description["reason"],)
    by_header = guard.check_header(dataset)
    if by_header.outcome == "refuse":
        return "refuse", by_header.reasons
    try:
        image = letterboxed(read_radiograph(path), 224)
    except RadiographError as error:
        return "failed", (str(error),)
    both = merged(by_header, guard.check_image(image))
    return both.outcome, both.reasons


def allowed(expectation, table):
    return next(outcomes for pattern, outcomes in table if re.match(pattern, expectation))


def expectations(folder, table, column):
    with (folder / table).open(newline="", encoding="utf-8") as file:
        return {row["file"]: row[column] for row in csv.DictReader(file) if (folder / row["file"]).is_file()}


def test_every_file_comes_to_its_expected_outcome(corpus, guard):
    listed = expectations(corpus, "index.csv", "expectation")
    on_disk = {str(path.relative_to(corpus)) for path in corpus.glob("*/*") if "metamorphic" not in path.parts[-2]}
    assert set(listed) == on_disk
    found = {name: outcome(guard, corpus / name) for name in listed}
    wrong = {name: found[name] for name, text in listed.items() if found[name][0] not in allowed(text, EXPECTED)}
    assert not wrong


def test_every_encoding_of_one_chest_comes_to_its_expected_outcome(corpus, guard):
    (folder,) = corpus.glob("metamorphic_*")
    listed = expectations(folder, "README.csv", "note")
    assert set(listed) == {path.name for path in folder.glob("*.dcm")}
    found = {name: outcome(guard, folder / name) for name in listed}
    wrong = {name: found[name] for name, text in listed.items() if found[name][0] not in allowed(text, VARIANTS)}
    assert not wrong


def test_a_lying_monochrome1_is_seen(corpus, guard):
    honest, lying = (
        outcome(guard, corpus / "cxr" / name)
        for name in ("siim_8323329.6904_jpegbaseline.dcm", "siim_fake_MONOCHROME1.dcm")
    )
    assert honest[0] == "accept"
    assert [reason for reason in lying[1] if "inverted" in reason]


def test_by_the_image_alone_every_real_chest_is_accepted(corpus, guard):
    chests = [path for path in sorted((corpus / "cxr").glob("*.dcm")) if "fake" not in path.name]
    assert {guard.check_image(letterboxed(read_radiograph(path), 224)).outcome for path in chests} == {"accept"}


@pytest.mark.parametrize("name", ["CT_axial", "RLE", "voi_lut_04"])
def test_by_the_image_alone_a_slice_or_test_image_is_flagged(corpus, guard, name):
    image = letterboxed(read_radiograph(corpus / "syntax_and_lut" / f"{name}.dcm"), 224)
    assert guard.check_image(image).outcome != "accept"
