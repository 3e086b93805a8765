"""What `lucency report` takes from other rooms: a site's decisions, study tables, heat maps."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError, LucencyError
from .model_settings import model_options

if TYPE_CHECKING:
    from ..inference.site import Figure, OperatingPoint, Site
    from ..results.report import HeatMaps, Measured, PointFigures, StudyTable
    from ..results.report.additions import Decide
    from ..results.report.scored_images import ScoredImages

DEFAULT_RULE = "youden"
CHOSEN_HERE = (
    "Thresholds were chosen on these images; each figure was measured across {} parts of the patients, every one "
    "decided by the threshold that the others give"
)
TOO_GOOD = "Thresholds were chosen on these images and measured on them, so the figures are too good"
NO_POINT = "Where there is no threshold, the rule cannot be followed on these images"
FROM_SITE = "Thresholds are those of the site file, measured on these images as they stand"


def decider(site: Path | None, rules: Sequence[str], *, replicates: int, seed: int) -> "Decide":
    """Make what measures the operating points of a site file; else chooses some by rules, measured across folds.

    Args:
        site: site file.
        rules: as `lucency operating-points` takes them; used for findings that the site file has no point of.
        replicates: resamples of patients.
        seed: of folds and resamples.

    Returns:
        From the scores and their model to calibration and operating points. It raises ConfigError where there is a
        site file, but the scores are of another model, or nobody knows of which.
    """
    from ..inference.operating_points import parse_rules, set_operating_points
    from ..inference.operating_points.rule import Rules
    from ..inference.site import ModelReference, Site
    from ..inference.site_file import read_site
    from ..results.model_identity import ModelIdentity
    from ..results.report import Decisions
    from ..results.report.scored_images import ScoredImages

    def decide(images: ScoredImages, model: ModelIdentity | None) -> Decisions:
        given = Site(model=ModelReference(name="", version="", fingerprint=""))
        if site is not None:
            if model is None:
                raise ConfigError(
                    f"{site}: whose scores they are is not known; put the model.json of the evaluation there"
                )
            given = read_site(site, model)
        texts = rules or ([] if given.operating_points else [DEFAULT_RULE])
        choices = parse_rules(texts).choices(images.findings) if texts else {}
        open_ones = {finding: rule for finding, rule in choices.items() if finding not in given.operating_points}
        chosen = set_operating_points(images.table, given, Rules(open_ones), replicates=replicates, seed=seed)
        points = _measured_here(images, given, replicates, seed)
        points |= {
            finding: _chosen(finding, rule.name, chosen.site.operating_points.get(finding), chosen.notes.get(finding))
            for finding, rule in open_ones.items()
            if rule is not None
        }
        return Decisions(
            calibrate=given.calibrate if given.calibration else None,
            calibration=site.name if site and given.calibration else "",
            points=[points[finding] for finding in images.findings if finding in points],
        )

    return decide


def study_table(path: Path) -> "StudyTable":
    """Read a study table for its characteristics; the images need not be there.

    Raises:
        TableError: as `read_study_table`.
    """
    from ..data import read_study_table, table_fingerprint
    from ..results.report import StudyTable

    frame = read_study_table(path, check_files=False)
    return StudyTable(path.name, frame, table_fingerprint(frame))


def heat_maps(bundle: Path, weights: Path | None, options: Sequence[str]) -> "HeatMaps":
    """Draw heat maps of failures with a bundle's network, by the layer and method of its inference.yaml.

    Raises:
        ConfigError: the bundle, its weights or a key do not fit.
    """
    import numpy as np
    from numpy.typing import NDArray

    from ..inference.heatmaps.geometry import on_radiograph, seen
    from ..inference.heatmaps.methods import maps_of
    from ..inference.heatmaps.overlay import draw_overlay, screen_size
    from ..inference.heatmaps.writer import AGREEMENT, FULL_SCALE
    from ..release.golden.pipeline import BundlePipeline
    from ..results.report import Failure, HeatMaps
    from ..transforms import read_radiograph

    pipeline = BundlePipeline(bundle, model_options(bundle, weights, options))
    network = pipeline.network(weights or pipeline.weights)
    maps = maps_of(network, layer=pipeline.part("heatmap_layer"), method=pipeline.part("heatmap_method"))
    findings, fit = pipeline.findings, pipeline.part("fit")

    def draw(failure: Failure) -> NDArray[np.uint8]:
        file = Path(failure.file)
        radiograph, image = read_radiograph(file), pipeline.preprocess([file])[0]
        place = findings.index(failure.finding)
        logits, (heat,) = maps(image, [place])
        answer = float(logits[place].sigmoid())
        if not abs(answer - failure.raw_probability) <= AGREEMENT:
            raise LucencyError(
                f"the network gives {answer:.3f}, the scores say {failure.raw_probability:.3f}; give the same weights"
            )
        shape = (radiograph.shape[0], radiograph.shape[1])
        values = heat.numpy()
        strength = on_radiograph(
            values / max(float(values.max()), FULL_SCALE),
            size=image.shape[-1],
            shape=shape,
            displayed=screen_size(shape),
            fit=fit,
        )
        return draw_overlay(radiograph, strength, seen(shape, fit))

    return HeatMaps(maps.name if maps.layer is None else f"{maps.name} of {maps.layer}", draw)


def _measured_here(images: "ScoredImages", site: "Site", replicates: int, seed: int) -> "dict[str, PointFigures]":
    """Figures of the site's thresholds on all images of the scores."""
    import numpy as np

    from ..inference.operating_points.finding_scores import FindingScores
    from ..inference.operating_points.measured_figures import FIGURES, measure_figures
    from ..metrics.inputs import number_patients
    from ..results.report import PointFigures

    points = {
        finding: site.operating_points[finding] for finding in images.findings if finding in site.operating_points
    }
    if not points:
        return {}
    patients, _ = number_patients(images.patients, len(images.table))
    columns = {finding: FindingScores.of(images.table, finding, site, patients) for finding in points}
    figures = measure_figures(
        np.stack([columns[finding].decide(point.threshold) for finding, point in points.items()], axis=1),
        np.stack([column.targets for column in columns.values()], axis=1),
        images.patients,
        replicates=replicates,
        seed=seed,
    )
    return {
        finding: PointFigures(
            finding=finding,
            threshold=point.threshold,
            rule=point.name,
            origin=FROM_SITE,
            chosen_here=False,
        ).model_copy(update={name: _measured(figure[name]) for name in FIGURES})
        for (finding, point), figure in zip(points.items(), figures, strict=True)
    }


def _chosen(finding: str, rule: str, point: "OperatingPoint | None", note: str | None) -> "PointFigures":
    from ..inference.operating_points.measured_figures import FIGURES
    from ..results.report import PointFigures

    if point is None:
        return PointFigures(finding=finding, rule=rule, origin=NO_POINT, chosen_here=True, note=note or "")
    return PointFigures(
        finding=finding,
        threshold=point.threshold,
        rule=point.name,
        origin=CHOSEN_HERE.format(point.folds) if point.folds else TOO_GOOD,
        chosen_here=True,
        note=note or "",
    ).model_copy(update={name: _measured(getattr(point, name)) for name in FIGURES})


def _measured(figure: "Figure | None") -> "Measured":
    from ..results.report import Measured

    return Measured() if figure is None else Measured(**figure.model_dump())
