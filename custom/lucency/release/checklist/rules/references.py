"""What configurations refer to: it exists, is used, and does not refer back."""

from collections.abc import Iterator

from ....errors import suggestion
from ..bundle_text import BundleText
from ..document import SEPARATOR
from ..expression import references
from ..finding import Fault, Level
from ..rule import Rule
from ..workflow import MISSING, Workflow, children, leaves
from .data_format import NAMES
from .properties import INFER, TRAIN

_READ_BY_MONAI = {"imports", "initialize", "run", "finalize", "displayable_configs", "network", "output_dir", *NAMES}


def _all(bundle: BundleText) -> list[Workflow]:
    return [*bundle.workflows.values(), *bundle.options.values()]


def _overlay(bundle: BundleText) -> Iterator[Fault]:
    for workflow in _all(bundle):
        yield from workflow.faults


def _dangling(bundle: BundleText) -> Iterator[Fault]:
    for workflow in _all(bundle):
        for key, value in leaves(workflow.config):
            for wanted in references(key, value):
                if workflow.get(wanted) is MISSING and not wanted.startswith("_meta_"):
                    known = [key for key, _ in children(workflow.config)]
                    message = f"refers to {wanted}, which {workflow.name} does not have{suggestion(wanted, known)}"
                    yield Fault(workflow.place(key), message, f"define {wanted}, or refer to what there is")


def _unused(bundle: BundleText) -> Iterator[Fault]:
    for kind in ("infer", "train"):
        family = [workflow for workflow in _all(bundle) if workflow.kind == kind]
        known = _READ_BY_MONAI | _named(family) | {name.split(SEPARATOR)[0] for name in (TRAIN | INFER)}
        for workflow in family:
            if workflow.name not in bundle.workflows:
                continue
            for key in workflow.documents[-1].content:
                top = key.lstrip("+").replace("#", SEPARATOR).split(SEPARATOR)[0]
                if top not in known and not top.startswith("_"):
                    message = f"nothing uses it{suggestion(top, _READ_BY_MONAI | (known & workflow.config.keys()))}"
                    yield Fault(workflow.place(top), message, "delete it, or correct its name")


def _named(workflows: list[Workflow]) -> set[str]:
    """Keys at the top that some of the workflows refer to: what only an overlay uses stands in its base."""
    texts = [(key, value) for workflow in workflows for key, value in leaves(workflow.config)]
    return {name.split(SEPARATOR)[0] for key, value in texts for name in references(key, value)}


def _cycle(bundle: BundleText) -> Iterator[Fault]:
    for workflow in _all(bundle):
        if circle := _find_cycle(workflow):
            message = f"needs itself: {' -> '.join(circle)}"
            mend = "leave the reference out; a trainer's state is saved by a handler made in initialize"
            yield Fault(workflow.place(circle[0]), message, mend)


def _find_cycle(workflow: Workflow) -> list[str]:
    """Keys that need each other; what a value holds and what it refers to has to be made before it."""
    finished: set[str] = set()
    for start, _ in children(workflow.config):
        path: dict[str, None] = {}
        pending = [(start, False)]
        while pending:
            key, done = pending.pop()
            if done:
                del path[key]
                finished.add(key)
                continue
            if key in path:
                names = list(path)
                return [*names[names.index(key) :], key]
            if key in finished:
                continue
            path[key] = None
            pending.append((key, True))
            value = workflow.get(key)
            inside = [f"{key}{SEPARATOR}{name}" for name, _ in children(value)]
            pending += [(needed, False) for needed in [*inside, *references(key, value)]]
    return []


RULES = (
    Rule(
        "references.overlay",
        Level.ERROR,
        "An overlay changes only what the files before it have.",
        "MONAI ends with a KeyError.",
        _overlay,
    ),
    Rule(
        "references.missing",
        Level.ERROR,
        "What `@key` and `%key` name exists, in the workflow merged from its files.",
        "It fails when the component is made.",
        _dangling,
    ),
    Rule(
        "references.circular",
        Level.ERROR,
        "No component needs itself.",
        "MONAI ends with `detected circular references`, as where a handler of the trainer saves the trainer.",
        _cycle,
    ),
    Rule(
        "references.unused",
        Level.WARNING,
        "Every key at the top is used, or read by MONAI.",
        "Most often it is misspelt, and the default of the right one counts.",
        _unused,
    ),
)
