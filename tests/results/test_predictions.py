import csv
import json
import resource
import tracemalloc

import pytest

from lucency.errors import LucencyError
from lucency.results import FindingResult, ImageResult, ModelIdentity, PredictionTable, ResultDocument
from lucency.results.schema import IDENTIFIERS

MODEL = ModelIdentity(name="bundle", version="1", findings=("mass",), weights_sha256="0a")


def result(file, probability=0.25, status="ok"):
    answer = FindingResult(finding="mass", probability=probability, raw_probability=0.5, decision="present")
    identifiers = dict.fromkeys(IDENTIFIERS, "") | {"patient_id": "P1"}
    return ImageResult(file=file, status=status, identifiers=identifiers, findings=(answer,) if status == "ok" else ())


def table(folder, model=MODEL, **run):
    return PredictionTable(folder=folder, model=model, run=run)


def test_csv_is_sorted_and_keeps_probability_and_decision_apart(tmp_path):
    predictions = table(tmp_path)
    predictions.add([result("b,1.dcm"), result("a.dcm", status="failed")])
    csv_file, _ = predictions.finish()
    with csv_file.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "file", "status", "reason", "guard", "guard_reasons", "notes",
        *IDENTIFIERS, "mass", "raw_mass", "decision_mass",
    ]  # fmt: skip
    assert [(row["file"], row["mass"], row["raw_mass"], row["decision_mass"]) for row in rows] == [
        ("a.dcm", "", "", ""),
        ("b,1.dcm", "0.250000", "0.500000", "present"),
    ]
    assert not predictions.journal.exists()


def test_json_keeps_every_result_and_its_schema(tmp_path):
    predictions = table(tmp_path, backend="torch")
    written = [result("b", 1 / 3), result("a", status="failed")]
    predictions.add(written)
    text = predictions.finish()[1].read_text()
    document = ResultDocument.model_validate_json(text)
    assert document.results == tuple(reversed(written))
    assert (document.model, document.run) == (MODEL, {"backend": "torch"})
    raw = json.loads(text)
    assert raw["model"]["fingerprint"] == MODEL.fingerprint
    assert "NOT FOR CLINICAL USE" in raw["notice"]


def test_no_file_is_an_empty_table(tmp_path):
    csv_file, document = table(tmp_path).finish()
    assert len(csv_file.read_text().splitlines()) == 1
    assert ResultDocument.model_validate_json(document.read_text()).results == ()


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    table(tmp_path).add([result("a"), result("b")])
    with table(tmp_path).journal.open("a") as journal:
        journal.write('{"file": "c", "sta')  # killed in the middle of a write
    resumed = table(tmp_path)
    assert [resumed.is_done(name) for name in "abc"] == [True, True, False]
    resumed.add([result("c")])
    assert resumed.statuses == {"ok": 3}
    assert [r["file"] for r in json.loads(resumed.finish()[1].read_text())["results"]] == ["a", "b", "c"]


@pytest.mark.parametrize("change", ["model", "run", "garbage"])
def test_a_journal_of_another_model_or_other_settings_is_discarded(tmp_path, change):
    first = table(tmp_path, site="1f")
    first.add([result("a")])
    if change == "garbage":
        first.journal.write_text("not json\n")
    model = MODEL.model_copy(update={"weights_sha256": "ff"}) if change == "model" else MODEL
    assert not table(tmp_path, model, site="2f" if change == "run" else "1f").is_done("a")


def test_memory_does_not_hold_the_results(tmp_path):
    long = result("a").model_copy(update={"notes": ("x" * 2000,)})
    predictions = table(tmp_path)
    tracemalloc.start()
    for number in range(2000):
        predictions.add([long.model_copy(update={"file": f"{number}.dcm"})])
    predictions.finish()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2000 * 2000 / 4


def test_full_disk_is_one_clear_line(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, hard))
    try:
        with pytest.raises(LucencyError, match=r"predictions\.partial\.jsonl: cannot be written"):
            table(tmp_path).add([result(str(i)) for i in range(50)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_journal_with_a_damaged_line_is_good_up_to_there(tmp_path):
    table(tmp_path).add([result("a"), result("b")])
    with table(tmp_path).journal.open("ab") as journal:
        journal.write(bytes(40) + b"\n")
    resumed = table(tmp_path)
    assert [resumed.is_done(name) for name in "ab"] == [True, True]
    resumed.add([result("c")])
    assert [r["file"] for r in json.loads(resumed.finish()[1].read_text())["results"]] == ["a", "b", "c"]


def test_results_of_files_that_are_gone_or_were_replaced_are_forgotten(tmp_path):
    killed = table(tmp_path)
    killed.resume({"gone": "1", "replaced": "1", "same": "1"})
    killed.add([result("gone"), result("replaced"), result("same")])
    for _ in range(2):  # killed once more
        resumed = table(tmp_path)
        resumed.resume({"replaced": "2", "same": "1"})
        assert [resumed.is_done(name) for name in ("gone", "replaced", "same")] == [False, False, True]
    resumed.add([result("replaced", 0.75, status="ok")])
    assert resumed.statuses == {"ok": 2}
    results = json.loads(resumed.finish()[1].read_text())["results"]
    assert [(r["file"], r["findings"][0]["probability"]) for r in results] == [("replaced", 0.75), ("same", 0.25)]


@pytest.mark.parametrize("second", ["add", "finish"])
def test_two_runs_at_once_do_not_mix_their_results(tmp_path, second):
    first = table(tmp_path)
    first.add([result("a")])
    table(tmp_path).add([result("b")])
    with pytest.raises(LucencyError, match="another run writes its results here"):
        first.add([result("c")]) if second == "add" else first.finish()
    other = table(tmp_path)
    other.finish()
    assert other.statuses == {"ok": 2}
    with pytest.raises(LucencyError, match="another run"):
        first.add([result("c")])
