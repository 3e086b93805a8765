"""`lucency calibrate`: a site's calibration from its own scores and labels."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    import pandas as pd

    from ..inference.calibration import CalibrationFit
    from ..results.model_identity import ModelIdentity


def calibrate(
    scores: Annotated[Path, typer.Argument(help="scores.csv of the evaluate workflow.")],
    out: Annotated[Path, typer.Option(help="Site file to write; calibration.csv goes beside it.")] = Path("site.yaml"),
    model: Annotated[Path | None, typer.Option(help="model.json; by default the one beside the scores.")] = None,
    method: Annotated[
        Literal["auto", "temperature", "platt", "beta", "isotonic"],
        typer.Option(help="The map; auto chooses for each finding."),
    ] = "auto",
    folds: Annotated[int, typer.Option(help="Parts of the patients, each calibrated by maps of the others.")] = 5,
    minimum: Annotated[int, typer.Option(help="Positives, and negatives, that a map needs.")] = 20,
    prevalence: Annotated[
        list[str] | None, typer.Option(help="FINDING=SHARE at the site, or a YAML file of these; may be repeated.")
    ] = None,
    site_scores: Annotated[
        Path | None, typer.Option(help="Scores of the site's unlabelled images, to estimate its prevalences from.")
    ] = None,
    figures: Annotated[Path | None, typer.Option(help="Folder for reliability.png.")] = None,
    replicates: Annotated[int, typer.Option(help="Resamples of patients for the 95 % intervals.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of folds and resamples.")] = 0,
) -> None:
    """Make probabilities mean what they say at a site; unknown labels have no part.

    \b
    temperature  one factor for the logits
    platt        factor and shift
    beta         factors for either end, and shift
    isotonic     any steps that do not fall

    A finding with too few labels shares a temperature with all others; one that gains nothing is left as it is.
    All about it: docs/how-to/calibrate.md.
    """  # noqa: D301 - a backspace keeps the lines apart
    from ..files import write_atomically
    from ..inference.calibration import correct_prior, fit_calibration, measure_calibration
    from ..inference.calibration.given_prevalence import parse_prevalence
    from ..inference.score_table import model_of, read_scores
    from ..inference.site import Site
    from ..inference.site_file import reference_to, write_site
    from ..results.evaluation import PROBABILITY, TARGET, scored_findings

    identity = model_of(scores, model)
    replaced = _replaced(out)
    table = read_scores(scores, identity)
    findings = scored_findings(table)
    fit = fit_calibration(
        table[[PROBABILITY + finding for finding in findings]],
        table[[TARGET + finding for finding in findings]],
        table["patient"],
        findings,
        method=method,
        folds=folds,
        minimum=minimum,
        seed=seed,
    )
    shares = _estimated(fit, site_scores, identity) if site_scores else {}
    fit = correct_prior(fit, shares | parse_prevalence(prevalence or []))
    measured = measure_calibration(fit, replicates=replicates, seed=seed)
    csv = write_atomically(out.with_name("calibration.csv"), measured.to_csv(index=False, float_format="%.6g"))
    drawn = f"; {_draw(fit, figures)}" if figures else ""
    write_site(out, Site(model=reference_to(identity), calibration=fit.calibrations))
    _show(measured)
    own = sum(calibration.map.method != "none" for calibration in fit.calibrations.values())
    print(f"{out}: {own} of {len(fit.calibrations)} findings calibrated; {csv}{drawn}{replaced}")


def _replaced(out: Path) -> str:
    """What a site file that is there will lose; it must be one."""
    from ..inference.site_file import read_site

    if not out.exists() or not (points := read_site(out).operating_points):
        return ""
    return (
        f"\n{len(points)} operating points of the former file are dropped, as they were of other probabilities: "
        "run lucency operating-points again"
    )


def _estimated(fit: "CalibrationFit", path: Path, model: "ModelIdentity") -> dict[str, float]:
    from ..inference.calibration import estimate_prevalence
    from ..inference.score_table import read_probabilities

    shares = {}
    for finding, raw in read_probabilities(path, model, sorted(fit.well_known)).items():
        calibration = fit.calibrations[finding]
        shares[finding] = estimate_prevalence(calibration(raw), calibration.evidence.prevalence)
    return shares


def _draw(fit: "CalibrationFit", folder: Path) -> Path:
    from ..files import write_atomically
    from ..inference.calibration import reliability_figure
    from ..labels import vocabulary

    display = {finding.id: finding.display for finding in vocabulary()}
    return write_atomically(folder / "reliability.png", reliability_figure(fit, display))


def _show(table: "pd.DataFrame") -> None:
    """Print what was done and gained: cross-fitted figures, raw and calibrated; all intervals are in the CSV."""
    from rich.table import Table

    from ..terminal import console

    shown = Table(
        "finding", "calibration", "+ / -", "log-loss", "gain (95 %)", "Brier", "ECE", box=None, pad_edge=False
    )
    for _, row in table.iterrows():
        evidence = f"{row.positives} / {row.negatives}"
        if not row.positives + row.negatives:
            shown.add_row(row.finding, row.calibration, evidence)
            continue
        gain, least, most = (f"{0.0 - row[f'log_loss_difference{end}']:.4f}" for end in ("", "_high", "_low"))
        both = [f"{row[f'{name}_raw']:.4f} → {row[f'{name}_calibrated']:.4f}" for name in ("log_loss", "brier", "ece")]
        shown.add_row(row.finding, row.calibration, evidence, both[0], f"{gain} ({least} to {most})", *both[1:])
    console().print(shown)
    for _, row in table[table.reason != ""].iterrows():
        print(f"{row.finding}: {row.reason}")
    for _, row in table[table.site_prevalence.notna()].iterrows():
        print(f"{row.finding}: corrected from a prevalence of {row.prevalence:.3g} to {row.site_prevalence:.3g}")
