"""The arrays come to what loops come to, whatever the sources."""

import copy

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.data import check_study_table
from lucency.data.assembling import assemble
from lucency.data.importers import Source, SourceSettings
from lucency.errors import TableError
from references.assembling import Row, assembled, disagreements, silence

# two chains of the hierarchy, what contradicts them all, and one that stands alone
FINDINGS = ("pneumonia", "consolidation", "lung_opacity", "mass", "nodule_mass", "no_finding", "effusion")
STATES = ("positive", "negative", "uncertain", "unmentioned")
NAMES = ("1.png", "1.dcm", "a/1.png", "2", "b/2.nii.gz", "3.png")


@st.composite
def sources(draw: st.DrawFn, with_implied: bool = True) -> list[Source]:
    """Up to three valid tables without image folders; names and patients often meet."""
    result = []
    for name in draw(st.permutations(["chexpert", "google", "nih"]))[: draw(st.integers(1, 3))]:
        findings = draw(st.lists(st.sampled_from(FINDINGS), min_size=1, unique=True))
        listed, derived = draw(st.booleans()), with_implied and draw(st.booleans())
        rows = []
        for image in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
            labelled = set(draw(st.lists(st.sampled_from(findings)))) if listed else set(findings)
            implied = set(draw(st.lists(st.sampled_from(findings)))) if derived else set()
            row = {"image": image, "patient": draw(st.sampled_from(["1", "2", "3"])), "study": "", "view": "PA"}
            row |= {"age": float("nan"), "sex": draw(st.sampled_from(["F", "M", ""])), "source": name}
            row |= {"labelled": " ".join(sorted(labelled))} if listed else {}
            row |= {"implied": " ".join(sorted(implied))} if derived else {}
            for finding in findings:
                choices = STATES[:2] if finding in implied else STATES if finding in labelled else STATES[3:]
                row[finding] = draw(st.sampled_from(choices))
            rows.append(row)
        setting = SourceSettings(
            patients=draw(st.sampled_from(["hospital", "other"])), silence=draw(st.sampled_from([None, "negative"]))
        )
        result.append(Source(importer="table", frame=pd.DataFrame(rows), images=None, settings=setting))
    return result


def rows_of(tables: list[Source]) -> list[Row]:
    rows = []
    for number, source in enumerate(tables):
        findings = [column for column in source.frame if column in FINDINGS]
        for cells in source.frame.to_dict("records"):
            implied = {name: cells[name] for name in cells.get("implied", "").split()}
            row = Row(
                image=cells["image"],
                source=cells["source"],
                word=source.settings.patients,
                patient=f"{source.settings.patients}:{cells['patient']}",
                table=number,
                states={name: "unmentioned" if name in implied else cells[name] for name in findings},
                labelled=set(cells["labelled"].split()) if "labelled" in cells else set(findings),
                implied=implied,
            )
            if source.settings.silence == "negative":
                silence(row)
            rows.append(row)
    return rows


def records(frame: pd.DataFrame) -> list[dict[str, object]]:
    columns = ["image", "source", "patient", *FINDINGS]
    rows = frame.reindex(columns=[*columns, "labelled", "implied"]).to_dict("records")
    return [row | {name: set(row[name].split()) for name in ("labelled", "implied")} for row in rows]


def apart(tables: list[Source]) -> bool:
    """Whether images of different hospitals have different names; else the table cannot name them."""
    names = [{image for s in tables if s.settings.patients == word for image in s.frame["image"]} for word in WORDS]
    return not names[0] & names[1]


WORDS = ("hospital", "other")
LABELLED_BY_NONE = {"allow_unlabelled": True, "hash": "none", "findings": FINDINGS}


@settings(max_examples=60, deadline=None)
@given(sources(), st.booleans(), st.sampled_from(["uncertain", "first"]))
def test_equals_the_loops(tables, implied, resolution):
    ordered = tables if resolution == "first" else sorted(tables, key=lambda source: source.frame["source"].iloc[0])
    rows = rows_of(ordered)
    arguments = {"implied": implied, "conflicts": resolution, **LABELLED_BY_NONE}
    expected = assembled(rows, FINDINGS, implied=implied, resolution=resolution)
    if len({row["image"] for row in expected}) < len(expected):
        with pytest.raises(TableError, match="is not told to be one image"):
            assemble(tables, **arguments)
        return
    assembly = assemble(tables, **arguments)
    check_study_table(assembly.frame, "table")
    assert records(assembly.frame) == expected
    found = assembly.conflicts[assembly.conflicts["kind"].eq("sources")]
    columns = ["image", "finding", "source", "state", "other_source", "other_state"]
    assert len(found) == len(found.drop_duplicates(columns))
    assert set(found[columns].itertuples(index=False, name=None)) == disagreements(rows, FINDINGS)
    states = assembly.frame.set_index("image")
    for row in found.itertuples():
        assert states.loc[row.image, row.finding] == row.result


@settings(max_examples=15, deadline=None)
@given(sources(), st.randoms())
def test_order_matters_only_for_first(tables, random):
    if not apart(tables):
        return
    shuffled = random.sample(tables, len(tables))
    one, other = (assemble(copy.deepcopy(some), **LABELLED_BY_NONE) for some in (tables, shuffled))
    pd.testing.assert_frame_equal(one.frame, other.frame)
    pd.testing.assert_frame_equal(one.conflicts, other.conflicts)
    assert one.notes == other.notes


@settings(max_examples=15, deadline=None)
@given(sources(with_implied=False))
def test_assembling_the_result_again_changes_no_label(tables):
    if not apart(tables):
        return
    once = assemble(tables, **LABELLED_BY_NONE).frame
    source = Source(importer="table", frame=once, images=None, settings=SourceSettings(patients="again"))
    twice = assemble([source], **LABELLED_BY_NONE).frame
    same = [column for column in once if column not in ("patient", "study")]
    pd.testing.assert_frame_equal(twice[same], once[same])
    assert twice["patient"].tolist() == [f"again:{patient}" for patient in once["patient"]]
