import csv
import json
import resource

import pytest

from lucency.errors import LucencyError
from lucency.results import PredictionTable


def row(file, probability=0.25, status="ok"):
    answer = {"mass": probability} if status == "ok" else None
    return {"file": file, "status": status, "reason": "", "patient_id": "P1", "probabilities": answer}


def table(folder, **settings):
    return PredictionTable(folder=folder, findings=["mass"], weights=folder / "model.pt", settings=settings)


def test_tables_are_sorted_have_a_header_and_quote_commas(tmp_path):
    predictions = table(tmp_path)
    predictions.add([row("b,1.dcm"), row("a.dcm", status="failed")])
    csv_file, json_file = predictions.finish()
    with csv_file.open() as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["file", "status", "reason", "patient_id", "mass"],
        ["a.dcm", "failed", "", "P1", ""],
        ["b,1.dcm", "ok", "", "P1", "0.250000"],
    ]
    assert [r["file"] for r in json.loads(json_file.read_text())["results"]] == ["a.dcm", "b,1.dcm"]
    assert not predictions.journal.exists()


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"weights")
    table(tmp_path).add([row("a"), row("b")])
    with table(tmp_path).journal.open("a") as journal:
        journal.write('{"file": "c", "sta')  # killed in the middle of a write
    resumed = table(tmp_path)
    assert [resumed.is_done(name) for name in "abc"] == [True, True, False]
    resumed.add([row("c")])
    assert [r["file"] for r in json.loads(resumed.finish()[1].read_text())["results"]] == ["a", "b", "c"]


@pytest.mark.parametrize("change", ["weights", "settings", "garbage"])
def test_a_journal_of_other_weights_or_settings_is_discarded(tmp_path, change):
    (tmp_path / "model.pt").write_bytes(b"weights")
    first = table(tmp_path, image_size=64)
    first.add([row("a")])
    if change == "weights":
        (tmp_path / "model.pt").write_bytes(b"other weights")
    if change == "garbage":
        first.journal.write_text("not json\n")
    resumed = table(tmp_path, image_size=128 if change == "settings" else 64)
    assert not resumed.is_done("a")


def test_full_disk_is_one_clear_line(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        with pytest.raises(LucencyError, match=r"predictions\.partial\.jsonl: cannot be written"):
            table(tmp_path).add([row(str(i)) for i in range(50)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
