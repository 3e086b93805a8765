"""What assembling does with labels, splits, patients and what cannot be."""

import pandas as pd
import pytest

from lucency.data import split_hash
from lucency.data.assembling import assemble
from lucency.data.importers import Source, SourceSettings
from lucency.errors import ConfigError, LabelError, TableError
from lucency.labels import vocabulary


def table(name: str, images: list[str], **states: object) -> Source:
    about = {"image": images, "patient": images, "study": "", "view": "PA", "age": 61.0, "sex": "F", "source": name}
    settings = SourceSettings(patients="hospital")
    return Source(importer="table", frame=pd.DataFrame(about | states), images=None, settings=settings)


def test_what_nobody_labels_is_an_error_that_names_it():
    with pytest.raises(LabelError, match=r"no source labels mass; choose from edema, or allow"):
        assemble([table("nih", ["1"], edema="positive")], findings=["edema", "mass"])
    frame = assemble([table("nih", ["1"], edema="positive")], findings=["mass"], allow_unlabelled=True).frame
    assert frame[["labelled", "implied", "mass"]].values.tolist() == [["", "", "unmentioned"]]


def test_what_is_not_chosen_still_implies():
    assembly = assemble([table("nih", ["1"], edema="positive")], findings=["lung_opacity"], allow_unlabelled=True)
    assert assembly.frame[["labelled", "implied", "lung_opacity"]].values.tolist() == [["", "lung_opacity", "positive"]]
    assert "edema" not in assembly.frame


def test_a_source_that_labels_nothing_chosen_is_a_pool_and_said_to_be():
    assembly = assemble(
        [table("nih", ["1"], edema="positive"), table("mass", ["2"], mass="positive")], findings=["mass"]
    )
    assert "nih labels none of the chosen findings: its images are an unlabelled pool" in assembly.notes
    assert assembly.frame[["labelled", "mass"]].values.tolist() == [["mass", "positive"], ["", "unmentioned"]]


def test_patients_without_any_label_are_in_train_and_the_others_divided():
    asked = [str(number) for number in range(20)]
    pool = table("pool", [f"p{number}" for number in range(30)], mass="unmentioned")
    pool = Source(importer="images", frame=pool.frame.assign(labelled=""), images=None, settings=pool.settings)
    shares = {"train": 0.5, "val": 0.25, "test": 0.25}
    frame = assemble([table("nih", asked, mass=["positive", "negative"] * 10), pool], split=shares).frame
    assert set(frame.loc[frame["source"].eq("pool"), "split"]) == {"train"}
    alone = assemble([table("nih", asked, mass=["positive", "negative"] * 10)], split=shares).frame
    both = frame.set_index("image")["split"]
    assert alone.set_index("image")["split"].to_dict() == both[asked].to_dict()
    assert alone["split"].value_counts().to_dict() == {"train": 10, "val": 5, "test": 5}


def test_no_label_at_all_names_no_choice():
    pool = table("pool", ["1"], mass="unmentioned")
    pool = Source(importer="images", frame=pool.frame.assign(labelled=""), images=None, settings=pool.settings)
    with pytest.raises(LabelError, match="no source labels mass; add a source that labels findings, or allow"):
        assemble([pool])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"findings": ["oedema"]}, LabelError, "did you mean 'edema'"),
        ({"findings": []}, LabelError, "no source labels any finding"),
        ({"conflicts": "guess"}, ConfigError, "conflicts='guess' is unknown; choose uncertain, first, error"),
        ({"hash": "md5"}, ConfigError, "hash='md5' is unknown"),
        ({"conflicts": "error"}, LabelError, r"edema of image 1 \(google: negative, nih: positive\); mend"),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        assemble([table("nih", ["1"], edema="positive"), table("google", ["1"], edema="negative")], **arguments)


def test_two_sources_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="two sources are called 'nih'; give the file of one"):
        assemble([table("nih", ["1"], edema="positive"), table("nih", ["2"], edema="negative")])
    with pytest.raises(ConfigError, match="nothing to assemble"):
        assemble([])
    with pytest.raises(ConfigError, match="a source has no name"):
        assemble([table("", ["1"], edema="positive")])


def test_vocabulary_order():
    frame = assemble([table("nih", ["1"], mass="positive", edema="negative")]).frame
    assert list(frame.columns[-2:]) == [name for name in vocabulary().ids if name in ("mass", "edema")]


def test_shares_of_readers_stay_unless_disputed():
    vindr = table("vindr", ["1", "2", "3"], edema=["uncertain"] * 3, share_edema=["0.25", "0.5", ""])
    nih = table("nih", ["1", "4"], edema=["positive", "negative"])
    frame = assemble([vindr, nih]).frame.set_index("image")
    assert frame["share_edema"].to_dict() == {"1": "", "2": "0.5", "3": "", "4": ""}
    assert frame.loc["1", "edema"] == "uncertain"


def test_conflicts_within_a_row_are_reported_and_left():
    opacity = table("chexpert", ["1"], lung_opacity="negative", no_finding="positive")
    assembly = assemble([opacity, table("nih", ["1"], edema="positive", support_devices="positive")])
    assert assembly.frame[["lung_opacity", "edema"]].values.tolist() == [["negative", "positive"]]
    found = assembly.conflicts[["kind", "finding", "other_finding", "source", "result"]].values.tolist()
    both = "chexpert+nih"
    assert found == [
        ["hierarchy", "edema", "lung_opacity", both, "as stated"],
        ["no_finding", "edema", "no_finding", both, "as stated"],
    ]


def test_own_splits_are_kept_and_shared_patients_go_to_the_more_protected():
    one = table("nih", ["1", "2", "3"], edema="positive", split=["train", "train", "val"])
    other = table("rsna", ["2", "4"], mass="positive", split=["test", "train"])
    assembly = assemble([one, other])
    assert assembly.frame.set_index("image")["split"].to_dict() == {"1": "train", "2": "test", "3": "val", "4": "train"}
    (note,) = assembly.notes
    assert note.startswith("patients in two splits, as sources share their images (1): hospital:2; they go to test")


def test_without_a_split_of_every_source_there_is_none():
    assembly = assemble([table("nih", ["1"], edema="positive", split="train"), table("rsna", ["2"], mass="positive")])
    assert "split" not in assembly.frame
    assert assembly.notes == ["no column split, as rsna brings none; choose shares for a split of your own"]


def test_a_split_never_divides_people_that_share_an_image():
    names = [str(number) for number in range(40)]
    frame = table("nih", names, edema=["positive", "negative"] * 20).frame
    frame["patient"] = [f"a{number // 2}" for number in range(40)]
    other = table("rsna", names, mass=["positive", "negative"] * 20).frame
    other["patient"] = [f"b{(number + 1) // 4}" for number in range(40)]
    settings = {"nih": "hospital", "rsna": "hospital"}
    tables = [
        Source(importer="table", frame=some, images=None, settings=SourceSettings(patients=settings[name]))
        for name, some in (("nih", frame), ("rsna", other))
    ]
    shares = {"train": 0.5, "test": 0.5}
    with pytest.raises(TableError):  # overlapping pairs chain all of them to one person
        assemble(tables, split=shares)
    other["patient"] = [f"b{number // 4}" for number in range(40)]
    assembly = assemble(tables, split=shares)
    assert assembly.frame["patient"].nunique() == 10
    assert assembly.frame.groupby("patient")["split"].nunique().eq(1).all()
    assert split_hash(assembly.frame) == split_hash(assemble(tables[::-1], split=shares).frame)


def test_metadata_comes_from_the_first_row_that_has_it_and_differences_are_told():
    one, other = table("a", ["1"], edema="positive"), table("b", ["1"], mass="positive")
    one.frame[["view", "sex"]] = ["", "M"]
    one.frame["age"] = float("nan")
    assembly = assemble([one, other])
    assert assembly.frame[["view", "age", "sex"]].values.tolist() == [["PA", 61.0, "M"]]
    assert assembly.notes[0] == "merged images whose rows differ in sex: 1; are they really one image?"


def test_ids_of_a_hospital_are_prefixed_once():
    source = table("nih", ["1", "2"], edema="positive")
    source.frame["patient"] = ["hospital:7", "hospital:8"]
    source.frame["study"] = ["9", ""]
    frame = assemble([source]).frame
    assert frame[["patient", "study"]].values.tolist() == [["hospital:7", "hospital:9"], ["hospital:8", ""]]


def test_keep():
    source = table("nih", ["1"], edema="positive", mass="negative")
    kept = Source(importer="table", frame=source.frame, images=None, settings=SourceSettings(keep=("mass",)))
    frame = assemble([kept]).frame
    assert "edema" not in frame
    assert frame["labelled"].tolist() == ["mass"]


def test_archives_that_share_images_and_do_not_meet_are_told():
    tables = [
        Source(
            importer=importer, frame=table(name, images, mass="positive").frame, images=None, settings=SourceSettings()
        )
        for name, importer, images in (
            ("N", "nih", ["1"]),
            ("R", "rsna", ["2"]),
            ("S", "siim", ["4"]),
            ("V", "vindr", ["3"]),
        )
    ]
    (note, _) = assemble(tables).notes
    assert note.startswith("N and R and S published some of the same images, but none was recognised")
    met = [
        Source(importer=source.importer, frame=source.frame.assign(image="1", patient="1"), images=None, settings=one)
        for source, one in zip(tables[:2], [SourceSettings(patients="nih")] * 2, strict=True)
    ]
    assert len(assemble(met).notes) == 1  # of the split


def test_two_patients_of_one_source_with_one_file_are_told(tmp_path):
    (tmp_path / "a.png").write_text("same")
    (tmp_path / "b.png").write_text("same")
    source = table("nih", ["a.png", "b.png"], edema="positive")
    source = Source(importer="table", frame=source.frame, images=tmp_path, settings=source.settings)
    assembly = assemble([source], folder=tmp_path)
    assert assembly.frame[["image", "patient", "source"]].values.tolist() == [["a.png", "hospital:a.png", "nih"]]
    assert assembly.notes[0].startswith(
        "patients of one source that share an image (1): hospital:a.png = hospital:b.png;"
    )
