"""Verdicts from Label Studio's export of tasks that `label_studio` made."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...data.table_files import existing_file
from ...errors import TableError
from .label_studio import IMAGE, VERDICT
from .verdicts import VerdictCollector, VerdictFile


def read_label_studio(path: str | Path, *, reader: str | None = None, name: str | None = None) -> VerdictFile:
    """Read verdicts from an export in Label Studio's own format, JSON.

    Every annotation is a reader's, several of one task are several readers'. A reader is called after the number of the
    account, ``label-studio-7``. Annotations that were cancelled are left out and counted; an annotation without any
    answer counts as open, as does a task that nobody annotated.

    Args:
        path: of the export.
        reader: name of the one reader whose annotations these are.
        name: what to call the file; its name if not given.

    Raises:
        TableError: no such file, cut off, or another format, such as JSON-MIN.
        RejectedVerdictsError: some annotations are wrong; their tasks are named.
    """
    path = existing_file(path)
    collector = VerdictCollector(name or path.name)
    unanswered = cancelled = 0
    accounts: set[str] = set()
    for task, data, annotations in _tasks(path):
        place = f"{collector.source} task {task}"
        unanswered += not annotations
        for number, annotation in enumerate(annotations, start=1):
            where = f"{place} annotation {number}"
            if annotation.get("was_cancelled"):
                cancelled += 1
                continue
            account = _account(annotation)
            if account is None:
                collector.reasons[where] = "completed_by names nobody; export it with its readers"
                continue
            accounts.add(account)
            who = reader or f"label-studio-{account}"
            unanswered += _read(collector, where, data, annotation, who)
    if reader and len(accounts) > 1:
        raise TableError(f"{path}: has annotations of {len(accounts)} readers; leave out --reader {reader}")
    return collector.checked(unanswered=unanswered, cancelled=cancelled)


def _tasks(path: Path) -> Iterator[tuple[str, Mapping[str, Any], list[Mapping[str, Any]]]]:
    """Number, data and annotations of each task."""
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: is no whole JSON file ({error}); export it again") from error
    if not isinstance(tasks, list):
        raise TableError(f"{path}: is no list of tasks; export the project as JSON")
    for number, task in enumerate(tasks, start=1):
        try:
            label = str(task.get("id", f"number {number}"))
            data, annotations = task["data"], task["annotations"]
            known = isinstance(data[IMAGE], str) and isinstance(data["round"], int)
            whole = known and all(isinstance(one.get("result"), list) for one in annotations)
        except (KeyError, TypeError, AttributeError):
            whole = False
        if not whole:
            raise TableError(
                f"{path}: task number {number} has no data.{IMAGE}, data.round or annotations; "
                "export, as JSON, the project that has the tasks of lucency refine worklist"
            )
        yield label, data, annotations


def _account(annotation: Mapping[str, Any]) -> str | None:
    """Number of the account; its e-mail address and name, which some exports have beside it, stay where they are."""
    account = annotation.get("completed_by")
    number = account.get("id") if isinstance(account, dict) else account
    return None if number is None else str(number)


def _read(
    collector: VerdictCollector, place: str, data: Mapping[str, Any], annotation: Mapping[str, Any], reader: str
) -> int:
    """Take an annotation's answers; 1 if it has none."""
    time = annotation.get("updated_at") or annotation.get("created_at") or ""
    for result in annotation["result"]:
        control = result.get("from_name") if isinstance(result, dict) else None
        finding = data.get("finding") if control == VERDICT else control
        where = f"{place}, {finding}"
        value = result.get("value") if control is not None else None
        words = value.get("choices") if isinstance(value, dict) else None
        if not isinstance(finding, str) or not isinstance(words, list) or len(words) != 1:
            collector.reasons[where] = "not one choice of one finding; use the interface that came with the tasks"
        elif where in collector.verdicts or where in collector.reasons:
            collector.reasons[where] = "answered twice in one annotation; keep one"
        else:
            collector.add(
                where,
                str(words[0]),
                image=data[IMAGE],
                finding=finding,
                reader=reader,
                round=data["round"],
                time=str(time),
            )
    return int(not annotation["result"])
