"""Verdicts from structured reports in which readers accept or reject what a report of ours decides."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pydicom
from pydicom import Dataset
from pydicom.dataelem import RawDataElement

from ...errors import LucencyError, TableError
from ...files import first_few
from ...results.structured_report import ReportContent, read_structured_report
from ...transforms.quiet import quiet_pydicom
from .assessment import ACCEPTED, ASSESSED, ASSESSMENT, REJECTED
from .verdicts import VerdictCollector, VerdictFile, file_name

_REASON = "judged the result of a model"  # such a reader was not blind
_UNDEFINED = 0xFFFFFFFF  # length of a value that ends with a delimiter
_OPPOSITE = {"present": "absent", "absent": "present"}


def read_assessments(
    paths: Sequence[str | Path], *, reports: str | Path, references: str | Path, reader: str | None = None
) -> list[VerdictFile]:
    """Read verdicts from files of `assessment_report`.

    A decision that is accepted is the verdict; of one that is rejected, the opposite.

    Args:
        paths: DICOM files.
        reports: folder of the reports that are judged; other files in it do not count.
        references: `dicom.json` of the worklist, which knows the images by their UIDs.
        reader: instead of the person whom the files name.

    Raises:
        TableError: `references` is none.
        RejectedVerdictsError: a file is cut off, is no assessment, or judges what is not there.
    """
    images = worklist_images(references)
    read = [read_assessment(path, file_name(path, paths)) for path in paths]
    judged = judged_reports(Path(reports), {uid for _, groups in read for uid, _, _ in groups})
    return [
        _verdicts(file_name(path, paths), assessment, groups, judged, images, reader)
        for path, (assessment, groups) in zip(paths, read, strict=True)
    ]


def read_assessment(path: str | Path, name: str) -> tuple[Dataset, list[tuple[str, str, str]]]:
    """The data set, and of each group the UID of the judged report, the finding and the judgement's code."""
    with quiet_pydicom():
        try:
            assessment = pydicom.dcmread(path)
            _check_whole(assessment)
            (measurements,) = _items(assessment, "126010")  # Imaging Measurements
            groups = []
            for group in measurements.ContentSequence:
                (judged,), (finding,), (judgement,) = (
                    list(_items(group, code)) for code in (ASSESSED.value, "112039", ASSESSMENT.value)
                )
                uid = str(judged.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
                groups.append((uid, str(finding.TextValue), str(judgement.ConceptCodeSequence[0].CodeValue)))
        except Exception as error:  # another's report lacks something, and pydicom lets out whatever a broken file has
            raise LucencyError(
                f"{name}: is no whole assessment of a report ({type(error).__name__}), so that none is recorded; "
                "give files as lucency.refine.worklists.assessment_report makes them"
            ) from error
    return assessment, groups


def _check_whole(dataset: Dataset) -> None:
    """Raise unless every value is as long as it says; pydicom takes the groups before a cut for all that there are."""
    for tag in list(dataset.keys()):  # values as they were read: going through the data set would parse them
        raw = dataset.get_item(tag)
        if isinstance(raw, RawDataElement) and raw.length != _UNDEFINED and len(raw.value or b"") != raw.length:
            raise EOFError


def _verdicts(
    name: str,
    assessment: Dataset,
    groups: Sequence[tuple[str, str, str]],
    judged: Mapping[str, ReportContent],
    images: Mapping[str, Mapping[str, Any]],
    reader: str | None,
) -> VerdictFile:
    collector = VerdictCollector(name)
    who = reader or _person(assessment)
    for uid, finding, code in groups:
        place = f"{name} group {finding}"
        reason, word = None, ""
        if place in collector.verdicts or place in collector.reasons:
            reason = f"a second verdict of reader '{who}' on {finding} in one file"
        elif uid not in judged:
            reason = "the report that it judges is not in the folder --reports"
        elif judged[uid].image_uid not in images:
            reason = "unknown image: the report that it judges is of none of the worklist"
        elif (decision := _decision(judged[uid], finding)) is None:
            reason = f"the report that it judges decides nothing about '{finding}'"
        elif code not in (ACCEPTED.value, REJECTED.value):
            reason = f"unknown judgement '{code}'; use {ACCEPTED.value}, {REJECTED.value}"
        elif who is None:
            reason = "no person observes; give --reader"
        else:
            word = decision if code == ACCEPTED.value else _OPPOSITE[decision]
        if reason is not None or who is None:
            collector.reasons[place] = str(reason)
            continue
        known = images[judged[uid].image_uid]
        collector.add(
            place,
            word,
            image=known["image"],
            finding=finding,
            reader=who,
            round=known["round"],
            time=_time(assessment),
            why=_REASON,
        )
    return collector.checked()


def worklist_images(references: str | Path) -> dict[str, Mapping[str, Any]]:
    """Image and round by SOP Instance UID."""
    try:
        rows = json.loads(Path(references).read_text(encoding="utf-8"))
        known = {row["SOPInstanceUID"]: row for row in rows if row["SOPInstanceUID"]}
        names: dict[str, set[str]] = {}
        for row in rows:
            names.setdefault(row["SOPInstanceUID"], set()).add(str(row["image"]))
            int(row["round"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TableError(f"{references}: is no dicom.json of a worklist ({error}); give its folder") from error
    shared = [uid for uid, images in names.items() if uid and len(images) > 1]
    if shared:
        raise TableError(f"{references}: images share SOPInstanceUID {first_few(shared)}; nobody knows which is meant")
    return known


def judged_reports(folder: Path, wanted: set[str]) -> dict[str, ReportContent]:
    """Reports below a folder by their SOP Instance UID."""
    if not folder.is_dir():
        raise TableError(f"{folder}: no such folder; give that of lucency predict --sr")
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with quiet_pydicom():
            try:
                uid = str(pydicom.dcmread(path, specific_tags=["SOPInstanceUID"]).get("SOPInstanceUID"))
            except Exception:  # noqa: S112 - whatever it is, it is no report that is asked for
                continue
        if uid in wanted:
            found[uid] = read_structured_report(path)
    return found


def _decision(report: ReportContent, finding: str) -> str | None:
    return next((result.decision for result in report.findings if result.finding == finding), None)


def _person(assessment: Dataset) -> str | None:
    names = [str(item.PersonName).rstrip("^") for item in _items(assessment, "121008")]  # Person Observer Name
    return names[0] if len(names) == 1 and names[0] else None


def _time(assessment: Dataset) -> str:
    """When it was said; blank where the file does not say its offset from UTC."""
    offset = str(assessment.get("TimezoneOffsetFromUTC") or "")
    date, time = str(assessment.get("ContentDate") or ""), str(assessment.get("ContentTime") or "")
    if not offset or len(date) != len("YYYYMMDD") or len(time) < len("HHMMSS"):
        return ""
    return f"{date[:4]}-{date[4:6]}-{date[6:]}T{time[:2]}:{time[2:4]}:{time[4:6]}{offset[:3]}:{offset[3:]}"


def _items(parent: Dataset, code: str) -> Iterator[Dataset]:
    for item in parent.ContentSequence:
        concept = item.ConceptNameCodeSequence[0]
        if str(concept.get("CodeValue") or concept.get("LongCodeValue")) == code:
            yield item
