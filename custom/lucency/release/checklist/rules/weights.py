"""Weights: they are loaded, first, always and whole; without them there are no predictions."""

from collections.abc import Iterator
from typing import Any

from ..bundle_text import BundleText
from ..expression import is_expression, references
from ..finding import Fault, Level
from ..rule import Rule
from ..workflow import Workflow, leaves

_LOADERS = ("CheckpointLoader", "LoadWeights")
_LOADS = ("torch.load(", "load_state_dict(", ".load_checkpoint(", "jit.load(")
_EXAMPLE = "{_target_: CheckpointLoader, load_path: '@ckpt_path', load_dict: {model: '@network'}}"


def _predicting(bundle: BundleText) -> Iterator[tuple[Workflow, str]]:
    """Workflows that predict or score, with the key of their handlers."""
    for name in ("inference", "evaluate", "multi_gpu_evaluate"):
        if workflow := bundle.workflows.get(name):
            yield workflow, "handlers" if "handlers" in workflow.config else "validate::handlers"


def _loaders(workflow: Workflow) -> list[tuple[str, dict[str, Any]]]:
    """What loads weights into the network that predicts, wherever it stands."""
    found = [(key, component) for key, component in workflow.components() if not key.startswith("train::")]
    return [(key, component) for key, component in found if _loads(component)]


def _loads(component: dict[str, Any]) -> bool:
    name = str(component["_target_"]).rpartition(".")[2]
    return name in _LOADERS or {"load_path", "load_dict"} <= component.keys()


def _no_loader(bundle: BundleText) -> Iterator[Fault]:
    for workflow, key in _predicting(bundle):
        scripted = any("jit.load(" in str(value) or value == "torch.jit.load" for _, value in leaves(workflow.config))
        if not scripted and not _loaders(workflow):
            message = f"nothing in {workflow.name} loads weights"
            yield Fault(workflow.place(key), message, f"make the first handler {_EXAMPLE}")


def _not_first(bundle: BundleText) -> Iterator[Fault]:
    for workflow, handlers in _predicting(bundle):
        places = [key for key, _ in _loaders(workflow) if key.startswith(f"{handlers}::")]
        if places and places[0] != f"{handlers}::0":
            yield Fault(workflow.place(places[0]), "is not the first handler", "move it to the top of the list")


def _disabled(bundle: BundleText) -> Iterator[Fault]:
    for workflow, _ in _predicting(bundle):
        for key, loader in _loaders(workflow):
            if loader.get("_disabled_", False) is not False:
                mend = "delete _disabled_: a missing file then ends the run"
                message = "can be switched off, and the network then predicts with random weights"
                yield Fault(workflow.place(f"{key}::_disabled_"), message, mend)


def _partial(bundle: BundleText) -> Iterator[Fault]:
    for workflow, _ in _predicting(bundle):
        for key, loader in _loaders(workflow):
            if loader.get("strict") is False:
                mend = "delete strict, and save the whole network"
                yield Fault(workflow.place(f"{key}::strict"), "lets layers that the file lacks stay random", mend)


def _initialize(bundle: BundleText) -> Iterator[Fault]:
    for workflow in bundle.workflows.values():
        loaders = {key for key, _ in _loaders(workflow)}
        for key, value in leaves(workflow.config.get("initialize", []), "initialize"):
            loads = any(word in str(value) for word in _LOADS) or loaders & set(references(key, value))
            if is_expression(value) and loads:
                yield Fault(workflow.place(key), "loads weights in initialize", f"load in a handler: {_EXAMPLE}")


RULES = (
    Rule(
        "weights.loader",
        Level.ERROR,
        "`inference` and `evaluate` load weights, or their network is a TorchScript file.",
        "Predictions of a random network look like any others.",
        _no_loader,
    ),
    Rule(
        "weights.first",
        Level.ERROR,
        "The handler that loads them is the first.",
        "Handlers before it see, or write about, a network without weights.",
        _not_first,
    ),
    Rule(
        "weights.disabled",
        Level.ERROR,
        "It has no `_disabled_`.",
        "The zoo's template switches it off where the file is absent: a table of random probabilities, exit status 0.",
        _disabled,
    ),
    Rule(
        "weights.whole",
        Level.WARNING,
        "It is strict.",
        "Layers that the file lacks stay random, and nothing says so.",
        _partial,
    ),
    Rule(
        "weights.initialize",
        Level.ERROR,
        "`initialize` loads no weights.",
        "`monai.bundle.load` runs it before anybody can say where the bundle is: FileNotFoundError.",
        _initialize,
    ),
)
