"""Several processes: no deadlock at the start, no hang at the end, also without GPUs."""

import re
from collections.abc import Iterator
from typing import Any

from ..bundle_text import BundleText
from ..expression import is_expression, references
from ..finding import Fault, Level
from ..rule import Rule
from ..workflow import Workflow, leaves

_COLLECTIVE = re.compile(
    r"(MetricsSaver|ClassificationSaver|ROCAUC|AveragePrecision|ConfusionMatrix|MeanDice|Accuracy|ScoresWriter"
    r"|IgniteMetricHandler|ValidationHandler|RegressionMetrics|SurfaceDistance|HausdorffDistance)$"
)
_RANK = re.compile(r"\brank|get_rank|is_not_rank0|rank0|LOCAL_RANK", re.IGNORECASE)


def _overlays(bundle: BundleText) -> list[Workflow]:
    return [workflow for name, workflow in bundle.workflows.items() if name.startswith("multi_gpu")]


def _by_rank(workflow: Workflow) -> Iterator[tuple[str, dict[str, Any]]]:
    """Handlers that only some processes have."""
    for key, component in workflow.components():
        switch = component.get("_disabled_")
        if "handlers" in key and isinstance(switch, str):
            names = references(f"{key}::_disabled_", switch)
            texts = [switch, *names, *(str(workflow.get(name)) for name in names)]
            if any(_RANK.search(text) for text in texts):
                yield key, component


def _backend(bundle: BundleText) -> Iterator[Fault]:
    for workflow in _overlays(bundle):
        for key, value in leaves(workflow.documents[-1].content):
            fixed = isinstance(value, str) and re.search(r"\bnccl\b|\bcuda:", value) and " if " not in value
            if fixed and "_desc_" not in key:
                message = "takes GPUs for granted"
                mend = "$'nccl' if torch.cuda.is_available() else 'gloo', and the device likewise"
                yield Fault(workflow.documents[-1].place(key), message, mend)


def _deadlock(bundle: BundleText) -> Iterator[Fault]:
    for workflow in _overlays(bundle):
        steps = [text for _, text in leaves(workflow.config.get("initialize", [])) if isinstance(text, str)]
        begins = next((index for index, text in enumerate(steps) if "init_process_group" in text), None)
        if begins is None or not any(True for _ in _by_rank(workflow)):
            continue
        if not any(re.search(r"\b(idist|ignite\.distributed)\.\w+\(", text) for text in steps[begins + 1 :]):
            message = "some processes lack a handler, and none has made ignite's first call, which all must make"
            mend = 'add "$idist.get_rank()" after init_process_group, and $import ignite.distributed as idist'
            yield Fault(workflow.place(f"initialize::{begins}"), message, mend)


def _collective(bundle: BundleText) -> Iterator[Fault]:
    for workflow in _overlays(bundle):
        for key, component in _by_rank(workflow):
            if _COLLECTIVE.search(str(component["_target_"])):
                mend = "delete _disabled_: it writes on the first process only, by itself"
                message = f"{component['_target_']} gathers from all processes, and some do not have it"
                yield Fault(workflow.place(f"{key}::_disabled_"), message, mend)


def _slice(bundle: BundleText) -> Iterator[Fault]:
    for workflow in _overlays(bundle):
        for key, value in leaves(workflow.config):
            if is_expression(value) and _RANK.search(value) and re.search(r"handlers\s*\[[^\]\[]*:", value):
                mend = "_disabled_: '@is_not_rank0' in the handlers that only the first process has"
                yield Fault(workflow.place(key), "drops handlers by rank and by their position in the list", mend)


RULES = (
    Rule(
        "processes.backend",
        Level.WARNING,
        "Backend and device of `multi_gpu_*` depend on whether there are GPUs.",
        "Nobody can test the file without them: `ProcessGroupNCCL is only supported with GPUs`.",
        _backend,
    ),
    Rule(
        "processes.first-call",
        Level.ERROR,
        "Where handlers depend on the rank, `initialize` calls `idist.get_rank()` after `init_process_group`.",
        "Ignite's first call is a collective: the process that makes it alone waits for ever, without a message.",
        _deadlock,
    ),
    Rule(
        "processes.collective",
        Level.ERROR,
        "Metrics, savers and validation are on every process.",
        "They gather from all: the training hangs at the end of an epoch.",
        _collective,
    ),
    Rule(
        "processes.slice",
        Level.WARNING,
        "No process cuts its handlers off by position.",
        "Add a handler, and another one is dropped.",
        _slice,
    ),
)
