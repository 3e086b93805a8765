"""`lucency assemble`: many partially labelled archives, one study table."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

_FORMATS = (".parquet", ".csv", ".json")


def assemble(
    sources: Annotated[
        list[Path], typer.Argument(help="Source files (YAML), one an archive; see docs/how-to/assemble-archives.md.")
    ],
    out: Annotated[Path, typer.Option(help="Study table to write: .parquet, .csv or .json.")],
    findings: Annotated[
        str | None,
        typer.Option(help="Ids of the finding columns, as in effusion,mass; by default all that are labelled."),
    ] = None,
    implied: Annotated[bool, typer.Option(help="Fill in what follows from broader and narrower findings.")] = True,
    conflicts: Annotated[
        Literal["uncertain", "first", "error"],
        typer.Option(help="Where sources disagree: make it uncertain, believe the first source, or end."),
    ] = "uncertain",
    hash: Annotated[
        Literal["bytes", "pixels", "none"],
        typer.Option(help="What of the files tells that two are one image; pixels decodes every file."),
    ] = "bytes",
    split: Annotated[
        str | None,
        typer.Option(
            help="Shares of the patients, as in train=0.7,val=0.1,test=0.2; by default the sources' own splits."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same split.")] = 0,
    allow_unlabelled: Annotated[bool, typer.Option(help="Accept a chosen finding that no source labels.")] = False,
    workers: Annotated[int, typer.Option(help="Threads or processes that compare files.")] = os.cpu_count() or 1,
) -> None:
    """Assemble archives that label different findings into one study table.

    Every source file names an importer with its arguments. Images that are in several sources become one row, patients
    that share an image one patient; columns labelled and implied keep apart what was labelled, what follows, and what
    nobody looked for. Conflicts go into a CSV file beside the table, all counts into a Markdown page.
    """
    from ..data.assembling import assemble as assembled
    from ..data.assembling import input_hashes, write_assembly
    from ..data.importers import read_source

    _check_format(out)
    shares = _shares(split) if split else None
    assembly = assembled(
        map(read_source, sources),
        folder=out.parent,
        findings=None if findings is None else [finding.strip() for finding in findings.split(",")],
        implied=implied,
        conflicts=conflicts,
        hash=hash,
        allow_unlabelled=allow_unlabelled,
        split=shares,
        seed=seed,
        workers=workers,
        progress=True,
    )
    options = {"--findings": findings, "--split": split, "--seed": seed if split else None}
    words = ["lucency assemble", *(path.name for path in sources), f"--out {out.name}"]
    words += [f"--conflicts {conflicts}", f"--hash {hash}"] + ["--no-implied"] * (not implied)
    words += [f"{option} {value}" for option, value in options.items() if value is not None]
    words += ["--allow-unlabelled"] * allow_unlabelled
    written = write_assembly(
        assembly, out, split=shares, seed=seed, command=" ".join(words), inputs=input_hashes(sources)
    )
    for note in assembly.notes:
        print(f"note: {note}", file=sys.stderr)
    frame, disagreements = assembly.frame, assembly.conflicts["kind"].eq("sources").sum()
    print(
        f"{out}: {len(frame)} images of {frame['patient'].nunique()} patients; "
        f"{disagreements} conflicts between sources, {len(assembly.conflicts) - disagreements} within an image; "
        f"beside it {', '.join(path.name for path in written[1:])}"
    )


def _check_format(out: Path) -> None:
    """What cannot be written is better said before reading takes a minute."""
    from ..errors import TableError

    if out.suffix not in _FORMATS:
        raise TableError(f"{out}: '{out.suffix}' is no table format; use {', '.join(_FORMATS)}")


def _shares(text: str) -> dict[str, float]:
    from ..errors import ConfigError

    shares = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        try:
            shares[name.strip()] = float(share)
        except ValueError:
            raise ConfigError(f"--split has {part!r}; write shares as in train=0.7,val=0.1,test=0.2") from None
    return shares
