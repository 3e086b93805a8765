import base64
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lucency.errors import TableError
from lucency.results import write_report
from lucency.results.figures import example_rows, image_png
from lucency.results.scores_writer import write_metrics


@pytest.fixture
def evaluation(tmp_path):
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, 40).astype(float)
    Image.fromarray(rng.integers(0, 255, (30, 20), dtype=np.uint8)).save(tmp_path / "0.png")
    scores = pd.DataFrame(
        {
            "file": [str(tmp_path / f"{i}.png") for i in range(40)],  # only the first exists
            "patient": [f"p{i}" for i in range(40)],
            "source": ["<b>x</b>", "y"] * 20,
            "target_edema": target,
            "target_hernia": 0.0,
            "probability_edema": 0.2 * target + rng.random(40) / 2,
            "probability_hernia": rng.random(40),
        }
    )
    folder = tmp_path / "eval"
    folder.mkdir()
    scores.to_csv(folder / "scores.csv", index=False)
    write_metrics(scores, folder, replicates=30, seed=0)
    return folder


def test_page_is_self_contained_and_says_what_the_tables_say(evaluation, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "history.csv").write_text("epoch,learning_rate,loss,val_macro_auroc\n1,0.1,0.7,0.6\n2,0.1,0.5,\n")
    record = {"started": "2026-01-01", "device": "cpu", "seed": 3, "data": {"table.csv": "ab12"}, "python": "3.11",
              "packages": {"monai": "1.6.1"}, "command": ["lucency", "run"]}  # fmt: skip
    (run / "run.json").write_text(json.dumps(record))
    page = write_report(evaluation, tmp_path / "out" / "report.html", run=run, title="Test of <T>").read_text()
    macro = pd.read_csv(evaluation / "metrics.csv").query("group == 'all' and finding == 'macro'").auroc.item()
    assert f"Macro AUROC {macro:.3f}" in page
    assert "Undefined, because one class is missing, and left out of the average: Hernia" in page
    assert "ab12" in page
    assert "Test of &lt;T&gt;" in page
    assert "<b>x</b>" not in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    pictures = re.findall(r"data:image/png;base64,([^\"]+)", page)
    for picture in pictures:
        Image.open(io.BytesIO(base64.b64decode(picture))).verify()
    assert len(pictures) >= 2


def test_report_without_tables_says_what_to_run(tmp_path):
    with pytest.raises(TableError, match=r"scores\.csv: not readable .*run the evaluate workflow"):
        write_report(tmp_path, tmp_path / "report.html")


def test_examples_alternate_between_surest_hit_and_worst_miss():
    scores = pd.DataFrame(
        {
            "target_a": [1, 1, 0, 0],
            "target_b": [0, 0, 1, 1],
            "probability_a": [0.2, 0.9, 0.99, 0.1],
            "probability_b": [0.5, 0.5, 0.7, 0.3],
        }
    )
    assert list(example_rows(scores, ["a", "b"]).index) == [1, 3]


def test_thumbnail_keeps_aspect():
    picture = Image.open(io.BytesIO(image_png(np.linspace(0, 1, 80000, dtype=np.float32).reshape(400, 200), size=100)))
    assert picture.size == (50, 100)
