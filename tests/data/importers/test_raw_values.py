import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lucency.data.importers.declaration import Declaration
from lucency.data.importers.raw_values import (
    ages_in_years,
    declared,
    declared_columns,
    refuse_unknown_words,
    require_columns,
)
from lucency.errors import LabelError, TableError

YEAR_IN_DAYS = 365.25


def test_every_value_gets_its_declared_meaning():
    values = pd.Series(["1", "", "0", "1"])
    assert declared(values, {"1": "yes", "0": "no", "": "?"}, "x").tolist() == ["yes", "?", "no", "yes"]


def test_undeclared_values_are_counted_commonest_first_with_a_suggestion():
    values = pd.Series(["Fenale", "F", "x", "x"])
    with pytest.raises(LabelError) as caught:
        declared(values, {"F": "F", "Female": "F"}, "a.csv: sex")
    assert str(caught.value) == (
        "a.csv: sex: no declared meaning for 'x' (2 times), 'Fenale' (1 time); declared are 'F', 'Female'"
    )
    with pytest.raises(LabelError, match="'Fenale' \\(1 time\\); did you mean 'Female'"):
        declared(values[:2], {"F": "F", "Female": "F"}, "a.csv: sex")


@pytest.mark.parametrize("minus_one", ["-1", "-1.0"])
def test_a_minus_one_that_nobody_declared_is_not_taken_for_a_one(minus_one):
    values = pd.Series(["1", "0", minus_one, "1.0"])
    with pytest.raises(LabelError) as caught:
        declared(values, {"1": "positive", "1.0": "positive", "0": "negative"}, "a.csv: Edema")
    assert str(caught.value) == (
        f"a.csv: Edema: no declared meaning for '{minus_one}' (1 time); declared are '1', '1.0', '0'; "
        "-1 is uncertain in some files, negative or unread in others"
    )


def test_no_code_is_suggested_for_another():
    with pytest.raises(LabelError, match=r"for '10' \(1 time\); declared are '1', '0'$"):
        declared(pd.Series(["10"]), {"1": "positive", "0": "negative"}, "x")


def test_columns_are_read_by_the_declaration():
    declaration = Declaration(
        source="a", title="A", words={"Oedema": "edema", "Edema": "edema", "Mass": "mass"}, values={"y": "positive"},
        silence="negative", reason="", reference="",
    )  # fmt: skip
    raw = pd.DataFrame({"Mass": ["", "y"], "Edema": ["y", ""], "Hernia": ["?", "?"]})
    states = declared_columns(raw, declaration, "a.csv")
    assert {finding: column.tolist() for finding, column in states.items()} == {
        "edema": ["positive", "negative"],
        "mass": ["negative", "positive"],
    }
    with pytest.raises(LabelError, match=r"a\.csv: Mass: no declared meaning for 'n' \(1 time\)"):
        declared_columns(raw.replace("y", "n").drop(columns="Edema").assign(Oedema=""), declaration, "a.csv")


def test_unknown_words_are_refused():
    refuse_unknown_words(pd.Series(["a", "b"]), ["a", "b", "c"], "x")
    with pytest.raises(LabelError, match="'Effusoin' \\(1 time\\); did you mean 'Effusion'"):
        refuse_unknown_words(pd.Series(["Effusion", "Effusoin"]), ["Effusion"], "x")


@given(
    st.integers(0, 130),
    st.sampled_from([("", 1), ("Y", 1), ("M", 1 / 12), ("W", 7 / YEAR_IN_DAYS), ("D", 1 / YEAR_IN_DAYS)]),
)
def test_age_strings_are_years(number, unit):
    letter, years = unit
    ages = ages_in_years(pd.Series([f"{number:03d}{letter}"]), "x")
    assert ages.tolist() == [pytest.approx(number * years)]


def test_impossible_ages_become_unknown_and_are_counted(caplog):
    ages = ages_in_years(pd.Series(["414Y", "130", "131", ""]), "a.csv: Age")
    assert ages.isna().tolist() == [True, False, True, True]
    assert "a.csv: Age: 2 impossible ages (above 130 years) became unknown" in caplog.text
    caplog.clear()
    assert ages_in_years(pd.Series(["130", ""]), "a.csv: Age").tolist()[0] == 130
    assert not caplog.text


@pytest.mark.parametrize("age", ["old", "-1", "58 years", "1e3", "nan", "Y"])
def test_other_ages_are_refused(age):
    with pytest.raises(TableError, match="row 2"):
        ages_in_years(pd.Series(["57", age]), "a.csv: age")


def test_a_wrong_file_is_told_by_its_columns():
    frame = pd.DataFrame({"Path": ["a"], "Age": ["1"]})
    require_columns(frame, ["Path", "Age"], "a.csv", "label file")
    with pytest.raises(TableError, match=r"a\.csv: is no label file: column Sex is missing; it has Path, Age"):
        require_columns(frame, ["Path", "Sex"], "a.csv", "label file")
    with pytest.raises(TableError, match=r"a\.csv: has no rows"):
        require_columns(frame.iloc[:0], ["Path"], "a.csv", "label file")


def test_a_renamed_column_is_named_but_not_taken():
    frame = pd.DataFrame({"Path": ["a"], "Effusion": ["1"], "Support Device": ["1"]})
    with pytest.raises(TableError) as caught:
        require_columns(frame, ["Path", "Pleural Effusion", "Support Devices"], "a.csv", "label file")
    assert str(caught.value) == (
        "a.csv: is no label file: column Pleural Effusion, Support Devices is missing; "
        "rename 'Effusion' to 'Pleural Effusion', 'Support Device' to 'Support Devices' if that is meant"
    )


def test_a_column_that_is_needed_is_no_misspelling_of_another():
    frame = pd.DataFrame({"Patient ID": ["1"]})
    with pytest.raises(TableError, match=r"column Patient IDs is missing; it has Patient ID$"):
        require_columns(frame, ["Patient ID", "Patient IDs"], "a.csv", "label file")
