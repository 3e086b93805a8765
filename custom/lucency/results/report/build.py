"""From scores to a report, before it is written anywhere."""

from ..model_identity import ModelIdentity
from .additions import Additions, Decisions, ReportSettings
from .characteristics import group_images
from .comparison import compare_models
from .coverage import describe_cohort
from .curves import draw_curves
from .document import Comparison
from .failures import find_failures
from .label_noise import correct_for_noise
from .other_model import OtherModel
from .performance import measure_performance
from .remarks import make_remarks
from .report import Provenance, Report
from .scored_images import ScoredImages
from .subgroups import SubgroupMeasurer


def build_report(
    images: ScoredImages,
    *,
    model: ModelIdentity | None,
    provenance: Provenance,
    settings: ReportSettings,
    additions: Additions,
    decisions: Decisions,
) -> Report:
    """Measure everything that a report says; the failures have no pictures yet.

    Raises:
        LucencyError: no finding has both a positive and a negative label; or as `compare_models` and `group_images`.
    """
    resampling = {"replicates": settings.replicates, "seed": settings.seed}
    groups = group_images(images.table, settings.by)
    cohort = describe_cohort(images, groups)
    figures, average = measure_performance(images, **resampling)
    subgroups = SubgroupMeasurer(images, minimum=settings.minimum, **resampling)(groups)
    noise = correct_for_noise(figures, cohort.coverage, additions.label_rates)
    points = tuple(decisions.points)
    thresholds = {point.finding: point.threshold for point in points if point.threshold is not None}
    return Report(
        title=settings.title,
        model=model,
        remarks=make_remarks(
            cohort=cohort,
            figures=figures,
            calibration=decisions.calibration,
            points=points,
            subgroups=subgroups,
            noise=noise,
        ),
        cohort=cohort,
        calibration=decisions.calibration,
        figures=figures,
        average=average,
        undefined=tuple(figure.finding for figure in figures if figure.auroc.value is None),
        curves=draw_curves(images),
        operating_points=points,
        comparison=_comparison(images, additions.other, settings),
        subgroups=subgroups,
        minimum=settings.minimum,
        label_noise=noise,
        failures=find_failures(images, each=settings.failures, thresholds=thresholds),
        provenance=provenance,
    )


def _comparison(images: ScoredImages, other: OtherModel | None, settings: ReportSettings) -> Comparison | None:
    if other is None:
        return None
    return compare_models(
        images,
        other.images,
        name=other.name,
        model=other.model,
        replicates=settings.replicates,
        seed=settings.seed,
    )
