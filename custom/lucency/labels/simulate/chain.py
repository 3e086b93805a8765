"""Several simulations, one after the other."""

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd

from ...errors import ConfigError, LabelError
from ..policies import image_keys
from .confusion import confusion
from .count_matched import count_matched
from .flips import asymmetric, symmetric
from .instance_dependent import instance_dependent
from .mentions import mention_rate, uncertain
from .positives import m_positive, single_positive

KINDS: dict[str, Callable[..., pd.DataFrame]] = {
    kind.__name__: kind
    for kind in (
        single_positive, m_positive, mention_rate, uncertain,
        symmetric, asymmetric, instance_dependent, count_matched, confusion,
    )
}  # fmt: skip
"""Every kind of simulation by its name."""

Step: TypeAlias = "str | Mapping[str, Mapping[str, Any] | None]"
"""A kind, or `{kind: {argument: value}}`."""

_COMMON = ("states", "seed", "findings", "keys")


def chain(
    states: pd.DataFrame,
    steps: Sequence[Step],
    *,
    seed: int = 0,
    findings: Sequence[str] | None = None,
    keys: Iterable[object] | None = None,
) -> pd.DataFrame:
    """Let each step work on the labels that the step before it left.

    Args:
        states: rows images, columns finding ids, cells the texts of states; other columns are carried along.
        steps: kinds of `KINDS`, each `"kind"` or `{"kind": {argument: value}}`, as YAML gives them.
        seed: of all steps; they draw independently of each other.
        findings: columns to work on; all that are finding ids of the vocabulary if not given.
        keys: what tells the images apart in the draws; column `image` if there is one, else the index.

    Returns:
        Copy of `states`, without the rows that a step drops.

    Raises:
        ConfigError: no step, one that is not of this form, an unknown kind or argument, one kind twice or both
            `m_positive` and `single_positive` (their draws are the same ones), or what a kind refuses.
        LabelError: the index names a row twice; else as the kinds.

    Example:
        >>> truth = pd.DataFrame({"edema": ["positive"], "mass": ["positive"]})
        >>> chain(truth, [{"asymmetric": {"fn_rate": {"mass": 1.0}}}, "single_positive"]).iloc[0].tolist()
        ['positive', 'unmentioned']
    """
    calls = [parse_step(step) for step in _listed(steps)]
    drawn = set()
    for kind, _ in calls:
        stream = "m_positive" if kind == "single_positive" else kind
        if stream in drawn:
            raise ConfigError(f"simulation: {kind} would draw the same numbers as a step before it; give one of them")
        drawn.add(stream)
    if not states.index.is_unique:
        raise LabelError("label states: the index names a row twice; call reset_index(drop=True) first")
    of_row = pd.Series(image_keys(states, keys), index=states.index, dtype=object)
    for kind, arguments in calls:
        states = KINDS[kind](states, seed=seed, findings=findings, keys=of_row[states.index], **arguments)
    return states


def parse_step(step: Step) -> tuple[str, dict[str, Any]]:
    """Kind and arguments of a step.

    Raises:
        ConfigError: not of the form `kind` or `{kind: {argument: value}}`, unknown kind, unknown or missing argument.

    Example:
        >>> parse_step({"m_positive": {"m": 2}})
        ('m_positive', {'m': 2})
        >>> parse_step("single_postive")
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: simulation: unknown kind 'single_postive'; did you mean 'single_positive'?
    """
    kind, arguments = next(iter(step.items())) if isinstance(step, Mapping) and len(step) == 1 else (step, None)
    if not isinstance(kind, str) or not isinstance(arguments, Mapping | None):
        raise ConfigError(f"simulation: cannot read {step!r}; write 'kind' or 'kind: {{argument: value}}'")
    if kind not in KINDS:
        raise ConfigError(f"simulation: unknown kind '{kind}'; {_hint(kind, list(KINDS))}")
    parameters = inspect.signature(KINDS[kind]).parameters
    own = [name for name in parameters if name not in _COMMON]
    for name in arguments or {}:
        if name not in own:
            raise ConfigError(f"{kind}: has no argument '{name}'; {_hint(str(name), own)}")
    for name in own:
        if parameters[name].default is inspect.Parameter.empty and name not in (arguments or {}):
            raise ConfigError(f"{kind}: {name} is missing; write '{kind}: {{{name}: ...}}'")
    return kind, dict(arguments or {})


def _listed(steps: Sequence[Step]) -> Sequence[Step]:
    if isinstance(steps, str | Mapping) or not steps:
        raise ConfigError(f"simulation: steps cannot be {steps!r}; give a list of kinds: {', '.join(KINDS)}")
    return steps


def _hint(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"there are {', '.join(known)}"
