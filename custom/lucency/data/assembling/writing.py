"""Writing an assembled table with all that belongs beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from ...files import sha256_of, write_atomically
from ..split_record import write_split_record
from ..study_table import write_study_table
from ..table_files import write_raw
from .assemble import Assembly
from .summary import summarise


def write_assembly(
    assembly: Assembly,
    out: str | Path,
    *,
    split: Mapping[str, float] | None,
    seed: int,
    command: str,
    inputs: Sequence[tuple[str, str]],
) -> list[Path]:
    """Write the table, its conflicts, its split record and its summary; a record of a former table is taken away.

    Args:
        assembly: as `assemble` returns it, for the folder of `out`.
        out: the study table; `table.parquet` gets `table.conflicts.csv`, `table.split.json` and `table.md` beside it.
        split: shares that were asked for; the record of the sources' own splits names none.
        seed: of the split.
        command: see `summarise`.
        inputs: see `summarise`.

    Returns:
        What was written.

    Raises:
        TableError, LucencyError: as `write_study_table`.
    """
    out = Path(out)
    out.with_suffix(".split.json").unlink(missing_ok=True)  # of a former table; it would contradict this one
    written = [write_study_table(assembly.frame, out)]
    if "split" in assembly.frame:
        written.append(write_split_record(assembly.frame, out, split or {}, seed))
    written.append(write_raw(assembly.conflicts, out.with_suffix(".conflicts.csv")))
    text = summarise(assembly, command=command, inputs=inputs)
    return [*written, write_atomically(out.with_suffix(".md"), text)]


def input_hashes(sources: Sequence[Path]) -> list[tuple[str, str]]:
    """SHA-256 of the source files and of every file that they name, sorted by name.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "labels.csv").write_text(""), (folder / "mine.yaml").write_text("labels: labels.csv")
        >>> [(name, sha256[:8]) for name, sha256 in input_hashes([folder / "mine.yaml"])]
        [('labels.csv', 'e3b0c442'), ('mine.yaml', '9f62fb3d')]
    """
    files: set[Path] = set()
    for source in sources:
        files.add(source)
        for value in yaml.safe_load(source.read_text(encoding="utf-8")).values():
            names = value if isinstance(value, list) else [value]
            files |= {path for name in names if isinstance(name, str) and (path := source.parent / name).is_file()}
    return sorted((path.name, sha256_of(path)) for path in files)
