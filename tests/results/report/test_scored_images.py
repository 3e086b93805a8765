import pytest

from lucency.errors import LabelError, LucencyError, TableError
from lucency.results.report.scored_images import ScoredImages


def test_a_table_is_read_as_it_was_written(evaluation, images):
    for place in (evaluation, evaluation / "scores.csv"):
        read = ScoredImages.read(place)
        assert read.findings == images.findings
        assert (read.raw == images.raw).all()
        assert read.patients.tolist() == images.patients.tolist()


def test_ids_keep_their_zeros(tmp_path, scores):
    path = tmp_path / "scores.csv"
    scores.assign(patient="0007").to_csv(path, index=False)
    assert set(ScoredImages.read(path).patients) == {"0007"}


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"probability_mass": "high"}, TableError, r"column probability_mass holds no number"),
        ({"target_mass": 0.5}, LabelError, "target of finding 'mass' in row 0"),
        ({"probability_mass": float("nan")}, LucencyError, "score of finding 'mass' in row 0 is nan"),
        ({"patient": ""}, TableError, "patient id in row 0 is missing"),
    ],
)
def test_what_is_no_score_is_refused(scores, change, kind, message):
    with pytest.raises(kind, match=message):
        ScoredImages.of(scores.assign(**change))


def test_without_scores_the_message_says_what_to_run(tmp_path):
    with pytest.raises(TableError, match=r"scores\.csv: not readable .*run the evaluate workflow"):
        ScoredImages.read(tmp_path)
