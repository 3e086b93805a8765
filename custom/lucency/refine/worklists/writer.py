"""A reader's task list in several forms, and its questions in the ledger."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import LucencyError
from ...files import write_atomically
from ..ledger import Ledger
from .dicom_references import NOTE, dicom_references
from .label_studio import label_studio
from .questions import Question, asked_cells, shuffled
from .ranking_file import read_ranking

WORKLIST = "worklist.csv"
TASKS = "label_studio.json"
INTERFACE = "label_studio.xml"
REFERENCES = "dicom.json"
_ANSWER = ("verdict", "reader", "time")


@dataclass(frozen=True)
class Worklist:
    """What was written.

    Attributes:
        round: that the questions are of.
        questions: in the order of the files.
        files: paths.
        references: how many images are DICOM files that can be referred to; None if nobody looked.
        repeated: whether the ledger held this round's questions already.
    """

    round: int
    questions: tuple[Question, ...]
    files: tuple[Path, ...]
    references: int | None
    repeated: bool


def write_worklist(
    ledger: Ledger,
    ranking: str | Path,
    folder: str | Path,
    *,
    show_label: bool = False,
    seed: int = 0,
    image_root: str | Path | None = None,
    dicom: bool = True,
    url_prefix: str = "",
) -> Worklist:
    """Write what a ranking asks as task lists, then record the questions as the ledger's next round.

    A reader sees image and question: never what a model says, and what the label says now only with `show_label`.
    Images come in an order by chance, since a rank is a hint.

    | file | what |
    |---|---|
    | `worklist.csv` | one question a row, with columns for verdict, reader and time to fill in |
    | `label_studio.json`, `label_studio.xml` | tasks and labelling interface, see `label_studio` |
    | `dicom.csv`, `dicom.json` | the same questions with `UIDS` of the image; a PNG has none, and `note` says so |

    The files come first: a run that ends between them and the ledger is repeated. A round that is asked already is
    recognised by its questions, and its files are written again where they are gone.

    Args:
        ledger: that is asked in.
        ranking: of `write_ranking`.
        folder: of the files; a file that is there with other content, such as verdicts, is never replaced.
        show_label: show the present label. It anchors readers: they confirm it more often than they otherwise would.
        seed: of the order.
        image_root: folder that image paths start from; the ledger's if not given.
        dicom: look up UIDs, which needs the images.
        url_prefix: see `label_studio`.

    Raises:
        LucencyError: a file is there with other content, or cannot be written; an image is missing.
        TableError: the ranking is not this ledger's.
        LedgerError: its round is over, or was asked with other questions.
    """
    ranked = read_ranking(ranking, ledger)
    cells = shuffled(asked_cells(ranked, ledger), ledger.findings, seed, ranked.round)
    labels = _labels(ledger, ranked.round, cells) if show_label else {}
    questions = [
        Question(round=ranked.round, image=image, finding=finding, label=labels.get((image, finding)))
        for image, finding in cells
    ]
    tasks, interface = label_studio(questions, url_prefix)
    contents = {WORKLIST: _csv(questions, {}, _ANSWER), TASKS: tasks, INTERFACE: interface}
    references = None
    if dicom:
        root = ledger.path.parent if image_root is None else image_root
        references = dicom_references((question.image for question in questions), root)
        rows = [_row(question, references) for question in questions]
        contents |= {"dicom.csv": _csv(questions, references, ()), REFERENCES: json.dumps(rows, indent=1) + "\n"}
    files = _write(Path(folder), contents)
    shown = "with the present label" if show_label else "blind"
    settings = " ".join(f"{name}={value}" for name, value in ranked.settings.items())
    batch = ledger.ask(ranked.round, sorted(cells), reason=f"{settings}; {shown}; ranking {ranked.sha256[:12]}")
    found = None if references is None else sum(not reference[NOTE] for reference in references.values())
    return Worklist(ranked.round, tuple(questions), files, found, batch.repeated)


def _labels(ledger: Ledger, round: int, cells: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    frame = ledger.frame(as_of_round=round - 1).set_index("image")
    return {(image, finding): str(frame.at[image, finding]) for image, finding in cells}


def _row(question: Question, references: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    row = {"round": question.round, "image": question.image, "finding": question.finding, "question": question.text}
    label = {} if question.label is None else {"label": question.label}
    return {**row, **label, **references.get(question.image, {})}


def _csv(questions: Sequence[Question], references: Mapping[str, Mapping[str, str]], further: Sequence[str]) -> str:
    rows = [_row(question, references) for question in questions]
    columns = [*rows[0], *further]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _write(folder: Path, contents: Mapping[str, str]) -> tuple[Path, ...]:
    """All files or, should one be in the way, none."""
    for name, content in contents.items():
        path = folder / name
        if path.exists() and path.read_bytes() != content.encode():
            raise LucencyError(f"{path}: is there with other content, perhaps verdicts; choose another folder")
    return tuple(write_atomically(folder / name, content) for name, content in contents.items())
