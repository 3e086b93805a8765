"""`lucency operating-points`: thresholds a site asks for, from its own scores."""

from pathlib import Path
from typing import Annotated

import typer


def operating_points(
    scores: Annotated[Path, typer.Argument(help="scores.csv of the evaluate workflow.")],
    rule: Annotated[list[str], typer.Option(help="RULE, FINDING:RULE or a YAML file of these; may be repeated.")],
    site: Annotated[Path | None, typer.Option(help="Site file whose calibration is used; gets the points.")] = None,
    model: Annotated[Path | None, typer.Option(help="model.json; by default the one beside the scores.")] = None,
    out: Annotated[Path | None, typer.Option(help="Site file to write, if not --site; by default site.yaml.")] = None,
    folds: Annotated[int, typer.Option(help="Parts of the patients to measure figures across; 0: none.")] = 5,
    minimum: Annotated[int, typer.Option(help="Positives, and negatives, that a threshold needs.")] = 20,
    replicates: Annotated[int, typer.Option(help="Resamples of patients for the 95 % intervals.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of folds and resamples.")] = 0,
) -> None:
    """Choose from which probability on a finding is called present; write it into a site file, with what it gives.

    \b
    youden           greatest sensitivity + specificity - 1
    sensitivity=0.95 fewest alerts that reach it
    specificity=0.9  most true positives while it is reached
    ppv=0.5          most true positives while it is reached
    alert_rate=0.1   most alerts within this share of all images
    given=0.3        this threshold
    none             no decision

    All about it: docs/how-to/set-operating-points.md.
    """  # noqa: D301 - a backspace keeps the lines apart
    from ..errors import ConfigError
    from ..files import write_atomically
    from ..inference.operating_points import parse_rules, set_operating_points
    from ..inference.operating_points.summary import print_summary
    from ..inference.score_table import model_of, read_scores
    from ..inference.site_file import site_for, write_site

    identity = model_of(scores, model)
    target = out or site or Path("site.yaml")
    if site is None and target.exists():
        raise ConfigError(f"{target}: exists; add --site {target} to keep its calibration, or name another --out")
    points = set_operating_points(
        read_scores(scores, identity),
        site_for(identity, site),
        parse_rules(rule),
        folds=folds,
        minimum=minimum,
        replicates=replicates,
        seed=seed,
    )
    write_site(target, points.site)
    csv = write_atomically(
        target.with_name("operating_points.csv"), points.table().to_csv(index=False, float_format="%.6g")
    )
    print_summary(points)
    print(f"{target}: {len(points.site.operating_points)} operating points; {csv}")
