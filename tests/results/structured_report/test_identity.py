"""What the identifiers of a report follow from, and what they do not."""

import io
from datetime import datetime

from lucency.results.source_header import source_header
from lucency.results.structured_report import structured_report


def test_identity_follows_from_image_model_and_site(radiograph, model, result):
    header = source_header(radiograph())
    usual = structured_report(result, header, model, run={"site": "1"})

    def uid(result=result, header=header, model=model, **options):
        return structured_report(result, header, model, **{"run": {"site": "1"}, **options}).SOPInstanceUID

    first, *others = result.findings
    same_site = first.model_copy(update={"probability": 0.7, "raw_probability": 0.6})
    other_threshold = first.model_copy(update={"threshold": 0.9})
    other_map = first.model_copy(update={"calibration": "beta"})
    assert uid() == usual.SOPInstanceUID
    assert uid(run={"site": "1", "backend": "onnxruntime", "precision": "int8"}, moment=datetime(2020, 1, 1)) == uid()
    assert uid(result=result.model_copy(update={"findings": (same_site, *others)})) == uid()
    changed = [
        uid(header=source_header(radiograph(SOPInstanceUID="1.2.9"))),
        uid(model=model.model_copy(update={"weights_sha256": "00" * 32})),
        uid(model=model.model_copy(update={"version": "1.2.4"})),
        uid(result=result.model_copy(update={"findings": (other_threshold, *others)})),
        uid(result=result.model_copy(update={"findings": (other_map, *others)})),
        uid(run={"site": "2"}),
        uid(sop_class="ComprehensiveSR"),
        uid(clinical_use=True),
    ]
    assert len({uid(), *changed}) == len(changed) + 1


def test_a_study_has_one_series_a_model(radiograph, model, result, elements):
    def series(model=model, **changed):
        return structured_report(result, source_header(radiograph(**changed)), model).SeriesInstanceUID

    assert series() == series(SOPInstanceUID="1.2.9", SeriesInstanceUID="1.2.8")
    assert len({series(), series(StudyInstanceUID="1.9"), series(model.model_copy(update={"version": "2"}))}) == 3
    assert series() != elements["SeriesInstanceUID"]


def test_moment_changes_dates_alone(radiograph, model, result):
    header, moment = source_header(radiograph()), datetime(2022, 3, 4, 5, 6, 7, 89)

    def encoded(**options):
        buffer = io.BytesIO()
        structured_report(result, header, model, **options).save_as(buffer, enforce_file_format=True)
        return buffer.getvalue()

    assert encoded(moment=moment) == encoded(moment=moment)
    now = datetime.now()
    plain = encoded(moment=now)
    for spelling in ("%Y%m%d%H%M%S.%f", "%Y%m%d", "%H%M%S.%f"):
        plain = plain.replace(now.strftime(spelling).encode(), moment.strftime(spelling).encode())
    assert plain == encoded(moment=moment)
