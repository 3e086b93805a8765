"""One attempt at one job: what it leaves on disk and what it says."""

import errno
import time

import pydicom
import pytest
from pydicom.uid import ComprehensiveSRStorage

from lucency.errors import LucencyError
from lucency.node.jobs import Kind, State
from lucency.node.work import job_runner
from node.work.bench import changed


def test_a_radiograph_becomes_a_report_on_disk(bench, radiographs):
    job = bench.job(radiographs[0])
    outcome = bench.runner.run(job)
    assert (outcome.state, outcome.products) == (State.BUILT, (f"reports/{job.name}/1-report.dcm",))
    assert outcome.tell(bench.queue, job)
    report = pydicom.dcmread(bench.storage.root / outcome.products[0])
    assert report.CurrentRequestedProcedureEvidenceSequence[0].StudyInstanceUID == report.StudyInstanceUID
    assert bench.queue.get(job.id).products == outcome.products


def test_results_that_an_interrupted_attempt_left_stand_byte_by_byte(bench, radiographs, monkeypatch):
    job = bench.job(radiographs[0])
    first = bench.runner.run(job)
    before = (bench.storage.root / first.products[0]).read_bytes()
    monkeypatch.setattr(bench.predictor, "predict", lambda path: pytest.fail("answered twice"))
    assert bench.runner.run(job).products == first.products
    bench.storage.remove(job.path)  # nor is the object needed any more
    assert bench.runner.run(job).state is State.BUILT
    assert (bench.storage.root / first.products[0]).read_bytes() == before


def test_what_another_model_built_and_nobody_was_sent_is_built_anew(bench, radiographs):
    job = bench.job(radiographs[0], recipe="of another model")
    with bench.storage.publication(job.name) as folder:
        (folder / "1-report.dcm").write_text("of another model")
    outcome = bench.runner.run(job)
    assert outcome.recipe == bench.predictor.recipe
    assert pydicom.dcmread(bench.storage.root / outcome.products[0]).Modality == "SR"


def test_poison_costs_its_own_job_only(bench, corpus, radiographs):
    for file in sorted((corpus / "broken").iterdir()):
        outcome = bench.run(file, recipe=file.name)  # two of them have one UID
        assert outcome.state in (State.DEAD, State.SKIPPED), file.name
        assert outcome.reason
        assert bench.storage.published(bench.queue.jobs()[0].name) == ()
    assert bench.run(radiographs[0]).state is State.BUILT


def test_the_guards_reason_is_that_of_the_job(bench, radiographs, tmp_path):
    outcome = bench.run(changed(radiographs[0], tmp_path, ViewPosition="LL"))
    assert (outcome.state, outcome.kind) == (State.SKIPPED, Kind.REFUSED_BY_GUARD)
    assert "LL" in outcome.reason or "lateral" in outcome.reason


def test_a_report_of_another_maker_is_no_image(bench, corpus):
    outcome = bench.run(corpus / "non_image" / "SR_comprehensive.dcm", sop_class=ComprehensiveSRStorage)
    assert (outcome.state, outcome.kind) == (State.SKIPPED, Kind.NO_IMAGE)


def test_a_verdict_is_kept(bench, corpus, monkeypatch):
    monkeypatch.setattr(job_runner, "is_verdict", lambda path: True)
    file = corpus / "non_image" / "SR_comprehensive.dcm"
    outcome = bench.run(file, sop_class=ComprehensiveSRStorage)
    assert (outcome.state, outcome.kind) == (State.SKIPPED, Kind.VERDICT)
    (kept,) = bench.storage.verdicts.iterdir()
    assert kept.read_bytes() == file.read_bytes()


def test_an_object_under_anothers_identifier_is_unreadable(bench, radiographs):
    outcome = bench.run(radiographs[0], uid="1.2.3")
    assert (outcome.state, outcome.kind) == (State.DEAD, Kind.UNREADABLE)


def test_a_header_that_no_report_can_refer_to_is_dead(bench, radiographs, tmp_path):
    outcome = bench.run(changed(radiographs[0], tmp_path, StudyInstanceUID=""))
    assert (outcome.state, outcome.kind) == (State.DEAD, Kind.NO_REPORT)
    assert "StudyInstanceUID" in outcome.reason
    assert list(bench.storage.reports.iterdir()) == []


def test_a_lost_file_is_the_nodes_failure(bench, radiographs):
    job = bench.job(radiographs[0])
    bench.storage.remove(job.path)
    outcome = bench.runner.run(job)
    assert (outcome.state, outcome.kind) == (State.DEAD, Kind.NODE_FAILURE)


def test_attempts_that_ended_without_a_word_are_counted_too(bench, radiographs):
    job = bench.job(radiographs[0])
    for _ in range(bench.settings.attempts):
        bench.queue.again(job, Kind.CRASHED, "", 0)
        (job,) = bench.queue.claim("work", "here/worker-1", 600)
    assert bench.runner.run(job).kind is Kind.CRASHED


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ESTALE])
def test_a_disk_that_takes_nothing_is_no_attempt_and_leaves_nothing(bench, radiographs, monkeypatch, number):
    def full(*_):
        raise LucencyError("cannot be written") from OSError(number, "the disk takes nothing")

    monkeypatch.setattr(bench.products, "report", full)
    outcome = bench.run(radiographs[0])
    assert (outcome.state, outcome.kind, outcome.counts, outcome.wait_s) == (
        State.QUEUED, Kind.NODE_FAILURE, False, 10,
    )  # fmt: skip
    assert list(bench.storage.reports.iterdir()) == []


def test_a_report_that_cannot_be_written_is_no_fault_of_its_header(bench, radiographs, monkeypatch):
    def fail(*_):
        raise LucencyError("cannot be written") from OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(bench.products, "report", fail)
    outcome = bench.run(radiographs[0])
    assert (outcome.state, outcome.kind, outcome.counts) == (State.QUEUED, Kind.NODE_FAILURE, True)


def test_heat_maps_that_cannot_be_drawn_cost_no_report(bench, radiographs, monkeypatch):
    def fail(*_):
        raise LucencyError("no heat maps")

    monkeypatch.setattr(bench.products, "heatmaps", fail)
    assert bench.run(radiographs[0]).state is State.BUILT


def test_a_defect_is_tried_again_and_then_dead(bench, radiographs, monkeypatch):
    monkeypatch.setattr(bench.predictor, "predict", lambda path: 1 / 0)
    job = bench.job(radiographs[0])
    for attempt in range(1, bench.settings.attempts + 1):
        outcome = bench.runner.run(job)
        assert outcome.kind is Kind.NODE_FAILURE
        assert outcome.state is (State.DEAD if attempt == bench.settings.attempts else State.QUEUED)
        assert outcome.tell(bench.queue, job)
        if outcome.state is State.QUEUED:
            time.sleep(outcome.wait_s)
            (job,) = bench.queue.claim("work", "here/worker-1", 600)


def test_while_the_storage_is_away_nothing_is_lost(bench, radiographs):
    job = bench.job(radiographs[0])
    bench.storage.root.rename(bench.storage.root.with_name("away"))
    outcome = bench.runner.run(job)
    assert (outcome.state, outcome.counts) == (State.QUEUED, False)
    assert outcome.wait_s > 0
    bench.storage.root.with_name("away").rename(bench.storage.root)
    assert bench.runner.run(job).state is State.BUILT
    bench.storage.remove(job.path)
    bench.storage.withdraw(job.name)
    outcome = bench.runner.run(job)
    assert (outcome.state, outcome.kind, outcome.digest) == (State.DEAD, Kind.NODE_FAILURE, job_runner.LOST)


def test_what_a_fellow_has_published_meanwhile_stands(bench, radiographs, monkeypatch):
    """A worker that was frozen for longer than its lease must not touch what is being sent."""
    job = bench.job(radiographs[0])
    predict = bench.predictor.predict

    def slowly(path):
        with bench.storage.publication(job.name) as folder:
            (folder / "1-report.dcm").write_bytes(b"on its way")
        return predict(path)

    monkeypatch.setattr(bench.predictor, "predict", slowly)
    bench.runner.run(job)
    (report,) = bench.storage.published(job.name)
    assert (bench.storage.root / report).read_bytes() == b"on its way"
