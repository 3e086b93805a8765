"""A ranking on disk: what was ranked, and how, so that the next step knows that they belong together."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ...data import table_fingerprint
from ...data.table_files import read_text
from ...errors import TableError
from ...files import sha256_of, write_atomically
from ..ledger import Ledger


@dataclass(frozen=True, eq=False)
class RankingFile:
    """A ranking as it was read.

    Attributes:
        rows: columns rank, image, finding, score, all text.
        round: that it is for.
        findings: that were ranked; `all` stands for these.
        settings: of `lucency refine rank`.
        sha256: of the file.
    """

    rows: pd.DataFrame
    round: int
    findings: list[str]
    settings: Mapping[str, Any]
    sha256: str


def write_ranking(
    ranking: pd.DataFrame, path: str | Path, ledger: Ledger, findings: Sequence[str], settings: Mapping[str, Any]
) -> Path:
    """Write a ranking for the next round of a ledger as CSV, and beside it a record of how it was made.

    Args:
        ranking: as `rank` returns it.
        path: ends with .csv; the record has the same name with .json.
        ledger: whose labels were ranked.
        findings: that were ranked.
        settings: whatever decided about it.

    Returns:
        Path of the record.

    Raises:
        TableError: another suffix.
        LucencyError: a file cannot be written.
    """
    path = Path(path)
    if path.suffix != ".csv":
        raise TableError(f"{path}: a ranking is a .csv file; name it so")
    content = ranking.to_csv(index=False, lineterminator="\n").encode()
    record = {
        "ranking": path.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "round": ledger.last_round + 1,
        "findings": list(findings),
        "ledger": table_fingerprint(ledger.frame(as_of_round=0)),
        "settings": dict(settings),
    }
    write_atomically(path, content)
    return write_atomically(path.with_suffix(".json"), json.dumps(record, indent=2) + "\n")


def read_ranking(path: str | Path, ledger: Ledger) -> RankingFile:
    """Read a ranking that `write_ranking` wrote.

    Args:
        path: of the CSV.
        ledger: that it must be of.

    Raises:
        TableError: no record beside it, altered since then, or of another ledger.
    """
    path = Path(path)
    rows, beside = read_text(path), path.with_suffix(".json")
    try:
        record = json.loads(beside.read_text(encoding="utf-8"))
        known = record["sha256"], record["ledger"], int(record["round"]), list(record["findings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TableError(f"{beside}: is no record of a ranking ({error}); run lucency refine rank again") from error
    sha256, fingerprint, round, findings = known
    if sha256_of(path) != sha256:
        raise TableError(f"{path}: is not as lucency refine rank left it; rank again with other settings instead")
    if fingerprint != table_fingerprint(ledger.frame(as_of_round=0)):
        raise TableError(f"{path}: ranks labels of another ledger than {ledger.path}; rank this one")
    return RankingFile(rows, round, findings, record.get("settings", {}), sha256)
