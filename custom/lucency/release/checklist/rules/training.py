"""Training and results on data as they are: findings of a single class, NaN, files that cannot be read."""

from collections.abc import Iterator

from ..bundle_text import BundleText
from ..finding import Fault, Level
from ..rule import Rule

_NAN_METRICS = ("ROCAUC", "AveragePrecision")
_GUARDS = ("nan", "finite")
_SAVERS = ("ClassificationSaver", "SaveClassificationd", "SaveClassificationD", "SaveClassificationDict")


def _key_metric(bundle: BundleText) -> Iterator[Fault]:
    if workflow := bundle.workflows.get("train"):
        for key, component in workflow.components("validate::key_metric"):
            if str(component["_target_"]).rpartition(".")[2] in _NAN_METRICS:
                mend = "use a metric that averages over the findings that have both classes, and fails where none has"
                message = "is NaN as soon as one finding has a single class, and model.pt then stays the first epoch's"
                yield Fault(workflow.place(f"{key}::_target_"), message, mend)


def _nan_guard(bundle: BundleText) -> Iterator[Fault]:
    if workflow := bundle.workflows.get("train"):
        names = [str(component["_target_"]).lower() for _, component in workflow.components("train::handlers")]
        if names and not any(word in name.rpartition(".")[2] for name in names for word in _GUARDS):
            mend = "add a handler such as lucency.engines.NonFiniteLossGuard"
            yield Fault(workflow.place("train::handlers"), "nothing ends the training where the loss is NaN", mend)


def _terminate_on_nan(bundle: BundleText) -> Iterator[Fault]:
    for workflow in bundle.workflows.values():
        for key, component in workflow.components():
            if str(component["_target_"]).startswith("ignite.") and component["_target_"].endswith(".TerminateOnNan"):
                mend = "use a handler with attach(engine), such as lucency.engines.NonFiniteLossGuard"
                message = "has no attach(), which MONAI calls: AttributeError"
                yield Fault(workflow.place(f"{key}::_target_"), message, mend)


def _saver(bundle: BundleText) -> Iterator[Fault]:
    for workflow in bundle.workflows.values():
        for key, component in workflow.components():
            if str(component["_target_"]).rpartition(".")[2] in _SAVERS:
                mend = "write the table in a handler of your package, with a header and a row for a file that fails"
                message = "writes no header, and nothing at all where one file cannot be read"
                yield Fault(workflow.place(f"{key}::_target_"), message, mend)


RULES = (
    Rule(
        "training.key-metric",
        Level.WARNING,
        "The key metric is not MONAI's ROCAUC or AveragePrecision.",
        "With a finding of one class in validation it is NaN, no comparison with NaN is true, and the best checkpoint "
        "never changes.",
        _key_metric,
    ),
    Rule(
        "training.nan-guard",
        Level.WARNING,
        "A handler ends the training when the loss is not finite (its name has `nan` or `finite` in it).",
        "Weights of NaN score an AUC, too.",
        _nan_guard,
    ),
    Rule(
        "training.terminate-on-nan",
        Level.ERROR,
        "It is not `ignite.handlers.TerminateOnNan`.",
        "MONAI attaches handlers by a method that it lacks.",
        _terminate_on_nan,
    ),
    Rule(
        "training.saver",
        Level.WARNING,
        "Predictions are not written by MONAI's ClassificationSaver or SaveClassificationd.",
        "No header, a comma in a name breaks the row, and one unreadable file loses the whole table.",
        _saver,
    ),
)
