"""What MONAI and the zoo look up in a workflow, by the name that they look for."""

from collections.abc import Iterator

from ..bundle_text import BundleText
from ..expression import absolute, is_expression
from ..finding import Fault, Level
from ..rule import Rule
from ..workflow import MISSING, Workflow

TRAIN = {
    "bundle_root": "",
    "device": "",
    "dataset_dir": "",
    "train::trainer": "",
    "train::trainer::max_epochs": "",
    "train::dataset": "",
    "train::inferer": "",
    "network_def": None,
    "train::dataset::data": None,
    "train::handlers": "train::trainer::train_handlers",
    "train::preprocessing": "train::dataset::transform",
    "train::postprocessing": "train::trainer::postprocessing",
    "train::key_metric": "train::trainer::key_train_metric",
    "validate::evaluator": "validator",
    "val_interval": "interval",
    "validate::handlers": "validate::evaluator::val_handlers",
    "validate::dataset": "validate::dataloader::dataset",
    "validate::dataset::data": None,
    "validate::inferer": "validate::evaluator::inferer",
    "validate::preprocessing": "validate::dataset::transform",
    "validate::postprocessing": "validate::evaluator::postprocessing",
    "validate::key_metric": "validate::evaluator::key_val_metric",
}
"""Keys of training to the key whose reference to them MONAI checks; empty text: required; None: not checked."""

INFER = {
    "bundle_root": "",
    "device": "",
    "dataset_dir": "",
    "dataset": "",
    "evaluator": "",
    "network_def": "",
    "inferer": "",
    "dataset::data": None,
    "handlers": "evaluator::val_handlers",
    "preprocessing": "dataset::transform",
    "postprocessing": "evaluator::postprocessing",
    "key_metric": "evaluator::key_val_metric",
}
"""The same of inference."""

_ZOO = {
    "train": ("output_dir", "train::dataset::data", "train::handlers"),
    "infer": ("output_dir",),
}
_ZOO_VALIDATION = ("validate::evaluator", "validate::handlers", "validate::dataset", "validate::dataset::data")


def _absent(workflow: Workflow, keys: tuple[str, ...], who: str) -> Iterator[Fault]:
    for key in keys:
        if workflow.get(key) is MISSING:
            place = workflow.documents[-1].place("", shown=key)
            mend = "output_dir: $@bundle_root + '/eval'" if key == "output_dir" else f"define {key.replace('::', '#')}"
            yield Fault(place, f"{workflow.name} has no {key}, which {who} asks for", mend)


def _required(bundle: BundleText) -> Iterator[Fault]:
    for name in ("train", "inference"):
        if workflow := bundle.workflows.get(name):
            table = TRAIN if workflow.kind == "train" else INFER
            yield from _absent(workflow, tuple(key for key, reference in table.items() if reference == ""), "MONAI")


def _zoo(bundle: BundleText) -> Iterator[Fault]:
    for name in ("train", "inference"):
        if workflow := bundle.workflows.get(name):
            keys = _ZOO[workflow.kind] + (_ZOO_VALIDATION if "validate" in workflow.config else ())
            yield from _absent(workflow, keys, "the zoo")


def _reference(bundle: BundleText) -> Iterator[Fault]:
    for workflow in bundle.workflows.values():
        for key, asked in (TRAIN if workflow.kind == "train" else INFER).items():
            if not asked:
                continue
            place, value = _asked(workflow, asked)
            normal = absolute(place, value) if isinstance(value, str) else value
            if value is MISSING or value is None or is_expression(value) or normal == f"@{key}":
                continue
            message = (
                f"is {value}, not @{key.replace('::', '#')}" if isinstance(value, str) else f"stands here, not as {key}"
            )
            yield Fault(workflow.place(place), message, f"define {key} and write @{key.replace('::', '#')} here")


def _asked(workflow: Workflow, asked: str) -> tuple[str, object]:
    """Key and value of a reference; two of them are arguments of whichever handler is the ValidationHandler."""
    if asked in ("validator", "interval"):
        handlers = workflow.get("train::handlers")
        for index, handler in enumerate(handlers if isinstance(handlers, list) else []):
            if isinstance(handler, dict) and handler.get("_target_") == "ValidationHandler":
                return f"train::handlers::{index}::{asked}", handler.get(asked, MISSING)
        return "", MISSING
    return asked, workflow.get(asked)


def _handlers(bundle: BundleText) -> Iterator[Fault]:
    for workflow in bundle.workflows.values():
        for key in ("train::handlers", "validate::handlers", "handlers"):
            value = workflow.get(key)
            if value is MISSING or (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
                continue
            yield Fault(workflow.place(key), "is no plain list of components", "write each handler out, with _target_")


def _run(bundle: BundleText) -> Iterator[Fault]:
    for workflow in bundle.workflows.values():
        if not workflow.config.get("run"):
            instead = next((key for key in ("evaluating", "training", "running") if key in workflow.config), None)
            message = f"{workflow.name} has no run" + (
                f"; it has {instead}, which is run with --run_id only" * bool(instead)
            )
            place = workflow.documents[-1].place(instead or "", shown=instead or "run")
            yield Fault(place, message, "run: [$@evaluator.run()], or what begins the work")


RULES = (
    Rule(
        "workflow.property",
        Level.ERROR,
        "`train` and `inference` define what MONAI requires of them, by its names.",
        "`check_properties` names them as missing, and hosts cannot set or read them.",
        _required,
    ),
    Rule(
        "workflow.reference",
        Level.ERROR,
        "What MONAI reads by name is referred to by that name: `inferer: @validate#inferer` in the evaluator.",
        "`check_properties` reports a wrong id, or fails with AttributeError where the component is written in place.",
        _reference,
    ),
    Rule(
        "workflow.handlers",
        Level.ERROR,
        "Handlers are a plain list of components.",
        "MONAI and MONAI Label walk over it and ask each for `_target_`: TypeError.",
        _handlers,
    ),
    Rule(
        "workflow.run",
        Level.ERROR,
        "Each workflow has a key `run`.",
        "`python -m monai.bundle run` does not know what to run.",
        _run,
    ),
    Rule(
        "workflow.zoo-key",
        Level.WARNING,
        "`train` and `inference` also define what the zoo's contributing guide names.",
        "The zoo lists them; MONAI Label sets some of them.",
        _zoo,
    ),
)
