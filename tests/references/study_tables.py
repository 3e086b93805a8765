"""Study tables for tests: a plain one to break, and random valid ones."""

import pandas as pd
from hypothesis import strategies as st

STATES = ("positive", "negative", "uncertain", "unmentioned")
FINDINGS = ("effusion", "edema", "hernia")


def plain_table() -> pd.DataFrame:
    """Six images of four patients with every state, blanks where blanks are allowed and a split."""
    return pd.DataFrame(
        {
            "image": [f"images/{n}.png" for n in range(6)],
            "patient": ["00012", "00012", "7", "8", "8", "9"],
            "study": ["1", "2", "", "1", "1", "1"],
            "view": ["PA", "AP", "", "LATERAL", "PA", "PA"],
            "age": [61.0, 61.5, float("nan"), 0.0, 0.25, 90.0],
            "sex": ["F", "F", "", "M", "M", "O"],
            "source": ["nih"] * 6,
            "split": ["train", "train", "val", "test", "test", "train"],
            "effusion": ["positive", "negative", "uncertain", "unmentioned", "positive", "negative"],
            "edema": ["unmentioned"] * 4 + ["positive", "negative"],
        }
    )


# all of Unicode but NUL, which CSV readers take for the end, and lone surrogates, which are not text
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
_ages = st.one_of(st.just(float("nan")), st.floats(0, 130), st.integers(0, 130).map(float))


@st.composite
def study_tables(draw: st.DrawFn, max_patients: int = 12) -> pd.DataFrame:
    """Valid study tables with a split by patient and one column that the schema does not know."""
    patients = draw(st.lists(_texts.map(str.strip).filter(bool), min_size=1, max_size=max_patients, unique=True))
    images = draw(st.lists(_texts.filter(bool), min_size=1, max_size=3 * max_patients, unique=True))
    split_of = {patient: draw(st.sampled_from(["train", "val", "test"])) for patient in patients}
    rows = []
    for image in images:
        patient = draw(st.sampled_from(patients))
        rows.append(
            {
                "image": image,
                "patient": patient,
                "study": draw(_texts),
                "view": draw(_texts),
                "age": draw(_ages),
                "sex": draw(st.sampled_from(["F", "M", "O", ""])),
                "source": draw(_texts),
                "split": split_of[patient],
                **{finding: draw(st.sampled_from(STATES)) for finding in FINDINGS},
                "comment": draw(_texts),
            }
        )
    frame = pd.DataFrame(rows)
    frame["comment"] = "!" + frame["comment"]  # never a state, which would look like a misspelt finding
    return frame
