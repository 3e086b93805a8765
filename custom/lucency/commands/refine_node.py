"""Verdicts that came back to a node, for `lucency refine import --node`."""

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class NodeVerdicts:
    """Verdicts of a node on images of a worklist.

    Attributes:
        files: the verdicts.
        reports: folder of the reports that they judge.
    """

    files: list[Path]
    reports: Path


def verdicts_of_node(folder: Path, references: Path) -> NodeVerdicts:
    """Find the verdicts of a node that this worklist asked for, and say on standard error which were left out.

    A node gets verdicts of every worklist and of none, and keeps its reports for some time only; neither is a mistake
    of a reader, and must not keep the others out of the ledger.

    Args:
        folder: of the node's state, or its storage.
        references: `dicom.json` of the worklist.

    Raises:
        ConfigError: it is no folder of a node.
        TableError: `references` is none.
        LucencyError: a file among the verdicts is none.
    """
    from ..refine.worklists.assessment_reader import judged_reports, read_assessment, worklist_images

    storage = _storage(folder)
    files = sorted((storage / "verdicts").glob("*.dcm"))
    judged = {path: {uid for uid, *_ in read_assessment(path, path.name)[1]} for path in files}
    reports = judged_reports(storage / "reports", set().union(*judged.values()))
    images = worklist_images(references)
    gone = {path for path in files if not judged[path] <= reports.keys()}
    if gone:
        print(f"note: {len(gone)} verdicts left out: the node no longer keeps what they judge", file=sys.stderr)
    there = [path for path in files if path not in gone]
    asked = [path for path in there if all(reports[uid].image_uid in images for uid in judged[path])]
    if strange := len(there) - len(asked):
        print(f"note: {strange} verdicts left out: on images of no question in {references}", file=sys.stderr)
    return NodeVerdicts(asked, storage / "reports")


def _storage(folder: Path) -> Path:
    from ..errors import ConfigError

    for storage in (folder, folder / "files"):
        if (storage / "verdicts").is_dir() and (storage / "reports").is_dir():
            return storage
    raise ConfigError(f"{folder}: is no folder of a node; give its --state, or its --storage if it has one")
