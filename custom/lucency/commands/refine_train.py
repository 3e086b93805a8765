"""`lucency refine train`: phase 2, on the labels that readers or both networks vouch for."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .refine_options import ADJUDICATOR, IMAGE_ROOT, LEDGER, RULE, adjudication, note_silence

TRUSTED = "trusted.csv"


def train(
    context: typer.Context,
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    ledger: LEDGER,
    entries: Annotated[Path, typer.Option(help="entries.parquet of the co-teaching run.")],
    out: Annotated[Path, typer.Option(help="Folder for trusted.csv and the checkpoints.")],
    rule: RULE = "majority",
    adjudicator: ADJUDICATOR = None,
    image_root: IMAGE_ROOT = None,
    table_only: Annotated[bool, typer.Option("--table-only", help="Write the table, train nothing.")] = False,
) -> None:
    """Train on trusted labels: those that a reader gave, or that both networks of a co-teaching run keep.

    They go into a study table beside the checkpoints; all other labels of that run are unknown in it. Of a bundle with
    options of --phase, trusted is chosen. Every further option is a key of the bundle's train.yaml, or a folder of
    choices under its configs.
    """
    from ..data import write_study_table
    from ..data.importers import relative_to_table
    from ..data.table_files import read_raw
    from ..refine import Ledger
    from ..refine.trusted import trusted_table

    groups, overrides = ({}, {}) if table_only else _chosen(context, bundle)
    target = out / TRUSTED
    with Ledger.open(ledger, read_only=True) as book:
        verdicts = book.verdicts()
        note_silence(adjudicator, verdicts)
        relabelled = {(said.image, said.finding) for said in verdicts}
        frame = trusted_table(
            book.frame(adjudication=adjudication(rule, adjudicator)), read_raw(entries), sorted(relabelled)
        )
    write_study_table(relative_to_table(frame, image_root or ledger.parent, target), target)
    print(f"{target}: {len(frame)} images, {len(relabelled)} labels given by readers")
    if not table_only:
        from ..bundle import run_bundle
        from ..bundle.overrides import literal

        images = (image_root or ledger.parent).resolve()
        places = {"table": target.resolve(), "ckpt_dir": out.resolve(), "cache_dir": images / ".cache"}
        paths = {name: literal(str(place)) for name, place in places.items()}  # the cache serves every round
        run_bundle(bundle, "train", groups=groups, overrides=paths | overrides)


def _chosen(context: typer.Context, bundle: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Options and keys of the bundle; a misspelt one ends it before anything is written."""
    from ..bundle import chosen_groups, config_files, config_groups
    from ..bundle.overrides import check_overrides
    from ..bundle.runner import read_configuration
    from ..options import parse_options

    groups, overrides = chosen_groups(bundle, parse_options(context.args))
    if "phase" in config_groups(bundle):
        groups.setdefault("phase", "trusted")
    check_overrides(read_configuration(config_files(bundle, "train", groups)), overrides)
    return groups, overrides
