"""Inference over a folder of real DICOM with every awkward file: what can be read is, the rest says why not."""

import pandas as pd
import pytest

from lucency.bundle import run_bundle
from support import BUNDLE, FINDINGS, TINY, write_tiny_model


@pytest.fixture(scope="module")
def predictions(real_data, tmp_path_factory):
    out = tmp_path_factory.mktemp("corpus")
    network = {key: value for key, value in TINY.items() if key.startswith("network_def")}
    options = {"findings": FINDINGS, "image_size": 64, "progress_bar": False, **network}
    places = {"dataset_dir": real_data / "dicom_corpus", "weights": write_tiny_model(out), "output_dir": out}
    run_bundle(BUNDLE, "inference", overrides=options | {key: str(path) for key, path in places.items()})
    return pd.read_csv(out / "predictions.csv", keep_default_na=False).set_index("file")


def test_every_file_has_a_row(predictions, real_data):
    corpus = real_data / "dicom_corpus"
    files = {str(path.relative_to(corpus)) for path in corpus.rglob("*") if path.is_file()}
    assert set(predictions.index) == files


def test_every_chest_radiograph_has_probabilities(predictions):
    rows = predictions[predictions.index.str.startswith("cxr/")]
    assert len(rows) >= 4
    assert set(rows.status) == {"ok"}
    assert rows[FINDINGS].astype(float).apply(lambda column: column.between(0, 1)).all(axis=None)
    assert (rows.sop_instance_uid != "").all()


def test_no_broken_or_imageless_file_has_probabilities_and_all_say_why(predictions):
    rows = predictions[predictions.index.str.match(r"broken/|non_image/|.*31_constant|.*multiframe|.*_ybr")]
    assert not set(rows.status) & {"ok"}
    assert (rows.reason != "").all()
    assert (rows[FINDINGS] == "").all(axis=None)
    assert set(rows[rows.index.str.startswith("non_image/")].status) == {"skipped"}


def test_what_the_header_calls_another_view_or_body_part_is_refused(predictions):
    rows = predictions[predictions.index.str.match(r"metamorphic.*/2[01]_")]
    assert list(rows.status) == ["refused", "refused"]
    assert (rows.reason == rows.guard_reasons).all()
    assert (rows[FINDINGS] == "").all(axis=None)


def test_one_chest_encoded_many_ways_gives_one_answer(predictions):
    rows = predictions[predictions.index.str.match(r"metamorphic.*/(0\d|1[0-4]|22|23)_")]
    assert len(rows) >= 8
    assert set(rows.status) == {"ok"}
    probabilities = rows[FINDINGS].astype(float)
    assert (probabilities.max() - probabilities.min()).max() < 1e-3
