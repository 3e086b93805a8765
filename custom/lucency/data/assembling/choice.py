"""Which sources and findings an assembled table is made of; what cannot be is refused by name."""

from collections.abc import Sequence

import numpy as np

from ...errors import ConfigError, LabelError
from ...files import first_few
from ...labels import vocabulary
from .rows import Rows


def check_names(parts: Sequence[Rows]) -> None:
    """Raise a `ConfigError` unless there are sources and every table's rows have names of their own."""
    if not parts:
        raise ConfigError("nothing to assemble; name at least one source file")
    seen: set[str] = set()
    for part in parts:
        names = set(part.about["source"].unique())
        if "" in names:
            raise ConfigError("a source has no name; give its file a line 'source: NAME'")
        if names & seen:
            raise ConfigError(
                f"two sources are called '{min(names & seen)}'; give the file of one a line 'source: ANOTHER_NAME'"
            )
        seen |= names


def chosen_findings(findings: Sequence[str] | None, parts: Sequence[Rows]) -> list[str]:
    """The findings of the table, each once: `findings`, or all that a source has, in the order of the vocabulary.

    Raises:
        LabelError: an unknown id, or none at all.
    """
    if findings is not None:
        chosen = [vocabulary().get(finding).id for finding in dict.fromkeys(findings)]
    else:
        known = {finding for part in parts for finding in part.findings}
        chosen = [finding for finding in vocabulary().ids if finding in known]
    if not chosen:
        raise LabelError("no source labels any finding; add one that does, or choose findings")
    return chosen


def unlabelled_sources(rows: Rows, chosen: Sequence[str], allow_unlabelled: bool) -> list[str]:
    """Names of the sources that label none of the chosen findings.

    Raises:
        LabelError: no source labels a finding, and that is not allowed.
    """
    at = [rows.findings.index(finding) for finding in chosen]
    unknown = [finding for finding, row in zip(chosen, rows.labelled[at], strict=True) if not row.any()]
    if unknown and not allow_unlabelled:
        having = [finding for finding, row in zip(rows.findings, rows.labelled, strict=True) if row.any()]
        mend = f"choose from {', '.join(having)}" if having else "add a source that labels findings"
        raise LabelError(
            f"no source labels {first_few(unknown)}; {mend}, or allow unlabelled findings (a column in which only "
            "other findings can imply a state)"
        )
    names, labels_some = rows.about["source"], rows.labelled[at].any(axis=0)
    return sorted(set(names.unique()) - set(names[np.flatnonzero(labels_some)].unique()))
