import base64
import io

import numpy as np
import pytest
from PIL import Image

from lucency.errors import LucencyError
from lucency.results.report.failures import find_failures
from lucency.results.report.pictures import LONGEST, HeatMaps, picture_failures
from lucency.results.report.scored_images import ScoredImages

GRADIENT = np.tile(np.linspace(0, 255, 600).astype(np.uint8), (900, 1))


def opened(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


@pytest.mark.parametrize(("kind", "label"), [("false_positive", 0), ("false_negative", 1)])
@pytest.mark.parametrize("column", [0, 1, 2])
def test_the_worst_of_each_kind_one_a_patient(images, kind, label, column):
    finding, threshold = images.findings[column], 0.5
    found = [
        one
        for one in find_failures(images, each=4, thresholds={finding: threshold})
        if (one.finding, one.kind) == (finding, kind)
    ]
    rows = [row for row in range(len(images.targets)) if images.targets[row, column] == label]
    rows.sort(key=lambda row: images.raw[row, column] * (-1 if label == 0 else 1))
    expected, seen = [], set()
    for row in rows:
        if images.patients[row] not in seen and len(expected) < 4:
            expected.append(row)
            seen.add(images.patients[row])
    assert [one.row - 1 for one in found] == expected
    for one in found:
        row = one.row - 1
        assert one.probability == one.raw_probability == images.raw[row, column]
        assert one.file == images.table.file[row]
        assert one.crossed == ((one.probability >= threshold) != (label == 1))
        assert one.present == tuple(f for f, y in zip(images.findings, images.targets[row], strict=True) if y == 1)


def test_without_a_threshold_nothing_is_called(images):
    assert {one.crossed for one in find_failures(images, each=1, thresholds={})} == {None}
    assert find_failures(images, each=0, thresholds={}) == ()


def test_pictures_are_small_and_failures_say_why_there_is_none(tmp_path, scores):
    Image.fromarray(GRADIENT).save(tmp_path / "0.png")
    table = scores.assign(file=[str(tmp_path / f"{row}.png") for row in range(len(scores))])
    table = table.assign(probability_edema=0.5, target_edema=[0.0, 1.0] * (len(table) // 2))
    failures = find_failures(ScoredImages.of(table), each=1, thresholds={})[:2]
    noted, pictures = picture_failures(failures, None)
    assert opened(pictures[0]).size == (LONGEST * 600 // 900, LONGEST)
    assert abs(np.asarray(opened(pictures[0])).astype(float).mean() - GRADIENT.mean()) < 3
    assert [one.note for one in noted] == ["", "no picture: the file cannot be read here"]
    assert pictures[1] == ""


def test_a_heat_map_that_fails_leaves_the_radiograph(tmp_path, scores):
    Image.fromarray(GRADIENT[:9, :9]).save(tmp_path / "0.png")
    failure = find_failures(ScoredImages.of(scores), each=1, thresholds={})[0]
    failure = failure.model_copy(update={"file": str(tmp_path / "0.png")})
    green = np.zeros((40, 40, 3), np.uint8)
    green[..., 1] = 255

    def fails(_):
        raise LucencyError("other weights")

    (noted,), (drawn,) = picture_failures([failure], HeatMaps("green", lambda _: green))
    assert noted.note == ""
    assert np.asarray(opened(drawn).convert("RGB"))[..., 1].min() > 240
    (noted,), (kept,) = picture_failures([failure], HeatMaps("none", fails))
    assert noted.note == "no heat map: other weights"
    assert opened(kept).size == (9, 9)


def test_scores_without_files_have_no_pictures(scores):
    failures = find_failures(ScoredImages.of(scores.drop(columns="file")), each=1, thresholds={})
    noted, pictures = picture_failures(failures, None)
    assert {one.note for one in noted} == {"no picture: the scores name no file"}
    assert set(pictures) == {""}
