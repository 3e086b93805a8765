"""`lucency refine rank`: which labels are most worth a second look."""

import sys
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .refine_options import IMAGE_ROOT, LEDGER

if TYPE_CHECKING:
    import pandas as pd

    from ..refine import Ledger

_SHOWN = 10


def rank(
    ledger: LEDGER,
    budget: Annotated[int, typer.Option(help="Images or entries to ask about.")],
    entries: Annotated[Path | None, typer.Option(help="entries.parquet of a co-teaching run.")] = None,
    scores: Annotated[
        Path | None,
        typer.Option(help="Instead: table with file and probability_<finding>, of a model that did not train on them."),
    ] = None,
    table: Annotated[Path | None, typer.Option(help="Study table; the ledger is made of it if there is none.")] = None,
    method: Annotated[str, typer.Option(help="How labels are scored, see below.")] = "cross_entropy",
    unit: Annotated[
        Literal["image", "entry"], typer.Option(help="An image with all its findings, or one finding of one image.")
    ] = "image",
    quota: Annotated[
        str | None, typer.Option(help="equal, or shares by finding as in effusion=2,mass=1; by default none.")
    ] = None,
    aggregate: Annotated[
        Literal["ema", "top_k"], typer.Option(help="Score of an image from those of its labels.")
    ] = "ema",
    seed: Annotated[int, typer.Option(help="Of what is random, and of the order of equal scores.")] = 0,
    query_unknown: Annotated[
        bool, typer.Option("--query-unknown", help="Let unknown labels count; needs --scores.")
    ] = False,
    image_root: IMAGE_ROOT = None,
    out: Annotated[Path, typer.Option(help="Ranking to write; a .json of settings goes beside it.")] = Path(
        "ranking.csv"
    ),
) -> None:
    """Rank what readers should see next; what was asked before is left out.

    \b
    cross_entropy     surprise of the label
    ce_minus_entropy  the same less the entropy: a sure model that disagrees
    uncertainty       entropy of the prediction
    disagreement      distance of two networks' probabilities
    vog               variance of gradients
    cleanlab          cleanlab's issues first, then by self-confidence
    random, random_image

    All about it: docs/reference/selection.md.
    """  # noqa: D301 - a backspace keeps the lines apart
    from ..errors import ConfigError
    from ..files import sha256_of
    from ..refine import Ledger
    from ..refine.worklists import LabelledPredictions, write_ranking
    from ..refine.worklists import rank as ranked

    if (entries is None) == (scores is None):
        raise ConfigError("give either --entries or --scores")
    if query_unknown and scores is None:
        raise ConfigError("--query-unknown: entries.parquet holds known labels alone; give --scores")
    if out.suffix != ".csv":
        raise ConfigError(f"--out {out}: a ranking is a .csv file; name it so")
    settings: dict[str, Any] = {"method": method, "unit": unit, "budget": budget, "quota": quota}
    settings |= {"aggregate": aggregate, "seed": seed, "query_unknown": query_unknown}
    with ExitStack() as stack:
        book, frame = _opened(ledger, table)
        asked = set() if book is None else set(stack.enter_context(book).asked())
        if entries is not None:
            predictions = LabelledPredictions.of_entries(entries, frame, asked)
            settings["entries"] = sha256_of(entries)
        elif scores is not None:
            predictions = LabelledPredictions.of_scores(scores, frame, image_root)
            settings["scores"] = sha256_of(scores)
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always", UserWarning)
            ranking = ranked(
                predictions,
                budget=budget,
                method=method,
                unit=unit,
                quota=_quota(quota),
                already=predictions.cells(asked),
                aggregate=aggregate,
                seed=seed,
                query_unknown=query_unknown,
            )
        for note in notes:
            print(f"note: {note.message}", file=sys.stderr)
        if ranking.empty:
            raise ConfigError(f"{ledger}: nothing is left to ask of these labels; nothing is written")
        if book is None:  # not before: a wrong table, or a wrong option, leaves no ledger behind
            book = stack.enter_context(Ledger.create(ledger, frame, reason=f"import of {Path(table or '').name}"))
        record = write_ranking(ranking, out, book, predictions.findings, settings)
        round = book.last_round + 1
    _show(ranking)
    print(f"{out}: {len(ranking)} {'images' if unit == 'image' else 'entries'} for round {round}; settings in {record}")


def _opened(path: Path, table: Path | None) -> "tuple[Ledger | None, pd.DataFrame]":
    """The ledger, None where it is to be made of the table, and the labels as they are now."""
    from ..data import read_study_table, table_fingerprint
    from ..errors import TableError
    from ..refine import Ledger

    given = None if table is None else read_study_table(table, check_files=False)
    if given is not None and not path.exists():
        return None, given
    book = Ledger.open(path)
    if given is not None and table_fingerprint(book.frame(as_of_round=0)) != table_fingerprint(given):
        book.close()
        raise TableError(
            f"{path}: is a ledger of another table than {table}; leave out --table, or name another ledger"
        )
    return book, book.frame()


def _quota(text: str | None) -> str | dict[str, float] | None:
    from ..errors import ConfigError

    if text is None or "=" not in text:
        return text
    shares = {}
    for part in text.split(","):
        finding, _, share = part.partition("=")
        try:
            shares[finding.strip()] = float(share)
        except ValueError:
            raise ConfigError(f"--quota has {part!r}; write shares as in effusion=2,mass=1") from None
    return shares


def _show(ranking: "pd.DataFrame") -> None:
    from rich.table import Table

    from ..terminal import console

    shown = Table("rank", "image", "finding", "score", box=None, pad_edge=False)
    for row in ranking.head(_SHOWN).itertuples():
        shown.add_row(str(row.rank), str(row.image), str(row.finding), f"{row.score:.4f}")
    console().print(shown)
    if len(ranking) > _SHOWN:
        print(f"... and {len(ranking) - _SHOWN} more")
