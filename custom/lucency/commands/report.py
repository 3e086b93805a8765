"""`lucency report`: an evaluation as a page to sign and as JSON."""

from pathlib import Path
from typing import Annotated

import typer


def report(
    context: typer.Context,
    evaluation: Annotated[Path, typer.Argument(help="Output folder of the evaluate workflow, or a score table.")],
    out: Annotated[Path, typer.Option(help="The HTML page to write; JSON goes beside it.")] = Path("report.html"),
    run: Annotated[Path | None, typer.Option(help="Checkpoint folder, for training curve and provenance.")] = None,
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "Lucency evaluation report",
    site: Annotated[Path | None, typer.Option(help="site.yaml: calibration and operating points to measure.")] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(help="Without --site points: choose them here, as lucency operating-points does; repeatable."),
    ] = None,
    compare: Annotated[Path | None, typer.Option(help="Evaluation of another model on the same images.")] = None,
    table: Annotated[Path | None, typer.Option(help="Study table with sex, age, device and the like.")] = None,
    by: Annotated[list[str] | None, typer.Option(help="Further column to divide by; repeatable.")] = None,
    devices: Annotated[bool, typer.Option("--devices", help="Read each DICOM file's device.")] = False,
    label_rates: Annotated[
        Path | None, typer.Option(help="CSV: finding, sensitivity and specificity of the labels.")
    ] = None,
    failures: Annotated[int, typer.Option(min=0, help="Images of either kind of failure for each finding.")] = 2,
    bundle: Annotated[Path | None, typer.Option(help="Bundle, for heat maps of the failures.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Its weights; else those of the bundle.")] = None,
    minimum: Annotated[int, typer.Option(min=1, help="Images of each class that a subgroup's finding needs.")] = 10,
    replicates: Annotated[int, typer.Option(help="Resamples of patients for the 95 % intervals.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the resamples.")] = 0,
) -> None:
    """Write a page about an evaluation, which needs no other file and prints to A4, and the same as JSON.

    Cohort and label coverage, AUROC and average precision with intervals, curves, calibration, operating points,
    comparison of two models, subgroups, label noise, failures, provenance.

    With --bundle, every further option is a key of its inference.yaml, such as
    --image_size 96, as lucency predict takes it.
    All about it: docs/how-to/report.md.
    """
    from ..errors import ConfigError
    from ..results import write_report
    from ..results.report import Additions, OtherModel, ReportSettings, read_label_rates
    from .report_sources import decider, heat_maps, study_table

    if context.args and bundle is None:
        raise ConfigError(f"{context.args[0]}: no such option; keys of a bundle's inference.yaml need --bundle")
    settings = ReportSettings(
        title=title,
        by=tuple(by or ()),
        devices=devices,
        minimum=minimum,
        failures=failures,
        replicates=replicates,
        seed=seed,
    )
    additions = Additions(
        decide=decider(site, rule or [], replicates=replicates, seed=seed),
        other=OtherModel.read(compare) if compare else None,
        study_table=study_table(table) if table else None,
        label_rates=read_label_rates(label_rates) if label_rates else {},
    )
    page = write_report(
        evaluation,
        out,
        run=run,
        settings=settings,
        additions=additions,
        heat_maps=heat_maps(bundle, weights, context.args) if bundle and failures else None,
    )
    print(f"{page}, {page.with_suffix('.json')}")
