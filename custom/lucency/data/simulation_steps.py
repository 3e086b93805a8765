"""The steps of a simulation as people write them: on the command line, in a YAML file, with files of scores."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ..errors import ConfigError, TableError
from ..files import first_few
from ..labels.simulate.chain import Step, parse_step
from .table_files import existing_file, read_text


def read_steps(texts: Sequence[str]) -> list[Step]:
    """Steps from texts, each `kind`, `kind: {argument: value}`, or the name of a YAML file with a list of these.

    Raises:
        ConfigError: a text or file is no YAML of this form.
        TableError: no such file.

    Example:
        >>> read_steps(["asymmetric: {fn_rate: 0.2}", "single_positive"])
        [{'asymmetric': {'fn_rate': 0.2}}, 'single_positive']
    """
    steps: list[Step] = []
    for text in texts:
        is_file = text.endswith((".yaml", ".yml"))
        try:
            found = yaml.safe_load(existing_file(text).read_text(encoding="utf-8") if is_file else text)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            reason = " ".join(str(error).split())
            raise ConfigError(f"{text}: not readable as YAML ({reason})") from error
        if is_file and not isinstance(found, list):
            raise ConfigError(f"{text}: holds no list; write one step a line, as '- kind: {{argument: value}}'")
        steps.extend(found if is_file else [found])
    return steps


def with_scores(steps: Sequence[Step], frame: pd.DataFrame) -> tuple[list[Step], list[Step]]:
    """Steps in which the name of a table of scores is replaced: by the table to work with, and by its hash to record.

    Args:
        steps: as `read_steps` gives them.
        frame: rows to simulate; the scores are given their index.

    Returns:
        Steps for `lucency.labels.simulate.chain`, and steps for a record.

    Raises:
        ConfigError: a step is not of the form, or scores are not the name of a file.
        TableError: the file is not readable, has no column image, or an image twice or not at all.
    """
    ready: list[Step] = []
    recorded: list[Step] = []
    for step in steps:
        kind, arguments = parse_step(step)
        told: dict[str, Any] = dict(arguments)
        if "scores" in arguments:
            if not isinstance(arguments["scores"], str | Path):
                raise ConfigError(f"{kind}: scores cannot be {arguments['scores']!r}; name a file with a column image")
            path = Path(arguments["scores"])
            arguments["scores"] = _scores(path, frame["image"])
            told["scores"] = {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        ready.append({kind: arguments})
        recorded.append({kind: told})
    return ready, recorded


def _scores(path: Path, images: pd.Series) -> pd.DataFrame:
    scores = read_text(path)
    if "image" not in scores:
        raise TableError(f"{path}: has no column image; give one row an image, named as in the study table")
    twice = scores.loc[scores["image"].duplicated(), "image"]
    if len(twice):
        raise TableError(f"{path}: image {first_few(twice.tolist())} is listed twice; keep one row an image")
    absent = images[~images.isin(scores["image"])]
    if len(absent):
        raise TableError(f"{path}: has no scores of image {first_few(absent.tolist())}; add them")
    return scores.set_index("image").loc[images].set_axis(images.index)
