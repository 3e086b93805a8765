"""The `lucency` command; each verb imports what it needs when it is called, so that --help is quick."""

import logging
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import Annotated, Literal

import typer

from . import __version__
from .commands import ANY_KEY
from .commands.assemble import assemble
from .commands.bundle import app as bundle_app
from .commands.cache import cache
from .commands.calibrate import calibrate
from .commands.convert import convert
from .commands.export import export
from .commands.import_tables import app as import_app
from .commands.node import app as node_app
from .commands.operating_points import operating_points
from .commands.predict import predict
from .commands.refine import app as refine_app
from .errors import explanation

app = typer.Typer(
    help="Chest X-ray finding classifiers from the labels a hospital really has.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


INTERRUPTED = 130  # the status that typer gives to Ctrl-C


def main() -> None:
    """Run the command; an error that the user can mend is one line on standard error and exit status 1."""
    # MONAI tries every reader it knows, even where the configuration names one
    warnings.filterwarnings("ignore", message="NvImgCodecPydicomReader")
    logging.getLogger("monai.data.nvimgcodec_pydicom_plugin").setLevel(logging.ERROR)
    try:
        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print("lucency: interrupted; run the same command again to go on", file=sys.stderr)
        raise
    except Exception as error:
        if os.environ.get("LUCENCY_TRACEBACK"):
            raise
        message = explanation(error)
        if message is None:
            traceback.print_exc()
            sys.exit("lucency: this looks like a defect of the program; please report the lines above")
        sys.exit(f"lucency: {message}")


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False) -> None:
    pass


@app.command(context_settings=ANY_KEY)
def run(
    context: typer.Context,
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle.")],
    workflow: Annotated[str, typer.Argument(help="train, evaluate, inference or multi_gpu_train.")],
) -> None:
    """Run a workflow of a bundle: lucency run BUNDLE train --loss wan --dataset_dir DATA --train#trainer#max_epochs 3.

    Every further option is a key of the configuration, or a folder of choices under configs (--loss NAME).
    A misspelt key is an error.
    """
    from .bundle import chosen_groups, run_bundle
    from .options import parse_options

    groups, overrides = chosen_groups(bundle, parse_options(context.args))
    run_bundle(bundle, workflow, groups=groups, overrides=overrides)


@app.command()
def report(
    evaluation: Annotated[Path, typer.Argument(help="Output folder of the evaluate workflow.")],
    out: Annotated[Path, typer.Option(help="The HTML page to write.")] = Path("report.html"),
    run: Annotated[Path | None, typer.Option(help="Checkpoint folder, for training curve and provenance.")] = None,
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Lucency test report",
) -> None:
    """Write a page about a test run: metrics with intervals, ROC curves, example images."""
    from .results import write_report

    print(write_report(evaluation, out, run=run, title=title))


@app.command()
def phantom(
    folder: Annotated[Path, typer.Argument(help="Where images, table.csv and truth.csv go.")],
    images: Annotated[int, typer.Option(help="How many images.")] = 1000,
    size: Annotated[int, typer.Option(help="Height and width in pixels.")] = 512,
    seed: Annotated[int, typer.Option(help="Same seed, same images.")] = 0,
    image_format: Annotated[Literal["dicom", "png"], typer.Option("--format", help="Form of the images.")] = "dicom",
    prevalence: Annotated[
        Literal["enriched", "nih"], typer.Option(help="Every finding often enough to learn from, or NIH's shares.")
    ] = "enriched",
    workers: Annotated[int, typer.Option(help="Processes.")] = os.cpu_count() or 1,
) -> None:
    """Draw phantom chest radiographs with complete truth and report-like labels; interrupted, it goes on."""
    from .data.phantom import write_phantom

    write_phantom(folder, images, size, seed, image_format, workers, prevalence)
    print(f"{folder}: table.csv (labels as reports give them), truth.csv (complete), images/")


@app.command()
def split(
    table: Annotated[Path, typer.Argument(help="Study table; gets a column split.")],
    train: Annotated[float, typer.Option(help="Share of the patients.")] = 0.7,
    val: Annotated[float, typer.Option(help="Share of the patients.")] = 0.1,
    test: Annotated[float, typer.Option(help="Share of the patients.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Same seed, same split.")] = 0,
    within: Annotated[str | None, typer.Option(help="Divide only the patients of this split.")] = None,
) -> None:
    """Divide the patients of a study table, stratified by finding; seed and hash go into a record beside it."""
    from .data import read_study_table, split_patients, write_split_record, write_study_table

    shares = {name: share for name, share in {"train": train, "val": val, "test": test}.items() if share > 0}
    frame = split_patients(read_study_table(table, check_files=False), shares, seed=seed, within=within)
    write_study_table(frame, table)
    record = write_split_record(frame, table, shares, seed)
    counts = frame.groupby("split")["patient"].nunique().to_dict()
    print(f"{table}: patients {counts}; {record}")


@app.command()
def simulate(
    table: Annotated[Path, typer.Argument(help="Study table that holds the truth.")],
    out: Annotated[Path, typer.Option(help="Folder for table.csv, truth.csv and simulation.json.")],
    kind: Annotated[
        list[str], typer.Option(help="KIND, 'KIND: {argument: value}', or a YAML file with a list of these.")
    ],
    split: Annotated[list[str], typer.Option(help="Split whose labels to simulate; may be repeated.")] = ["train"],  # noqa: B006 - typer copies it
    seed: Annotated[int, typer.Option(help="Same seed, same labels.")] = 0,
    by: Annotated[Literal["image", "study"], typer.Option(help="What chance decides for.")] = "image",
    finding: Annotated[list[str] | None, typer.Option(help="Simulate only this one; may be repeated.")] = None,
) -> None:
    """Give a study table with true labels the defects of real ones; the truth goes into a file of its own.

    \b
    single_positive     one positive an image, the rest unmentioned
    m_positive          m positives and n negatives an image
    mention_rate        positive, negative: shares that are mentioned
    uncertain           positive, negative: shares that become uncertain
    symmetric           rate of wrong labels
    asymmetric          fn_rate of the positives, fp_rate of the negatives
    instance_dependent  the same on average, in proportion to scores
    count_matched       fraction of the positives, mode balanced|fn_only|fp_only
    confusion           swaps of one finding for another, rate

    Several --kind act in turn. All arguments: docs/how-to/simulate-labels.md.
    """  # noqa: D301 - a backspace keeps the lines apart
    from .data.simulate import simulate_table
    from .data.simulation_record import describe
    from .data.simulation_steps import read_steps

    record = simulate_table(table, out, read_steps(kind), splits=split, seed=seed, by=by, findings=finding)
    print(describe(record, out))


app.command("assemble")(assemble)
app.command("cache")(cache)
app.command("predict", context_settings=ANY_KEY)(predict)
app.command("calibrate")(calibrate)
app.command("operating-points")(operating_points)
app.command("export", context_settings=ANY_KEY)(export)
app.command("convert")(convert)
app.add_typer(import_app, name="import")
app.add_typer(refine_app, name="refine")
app.add_typer(bundle_app, name="bundle")
app.add_typer(node_app, name="node")
