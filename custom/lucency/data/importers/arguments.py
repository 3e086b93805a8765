"""An importer's arguments as a YAML file holds them: what fits, and where its paths start."""

import os
from collections.abc import Mapping, Sequence
from inspect import Parameter
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from ...errors import ConfigError

_CALLED = {
    Path: "a path",
    str: "a word",
    Sequence: "a list of words",
    Mapping: "one 'word: word' a line",
}


def argument(value: Any, parameter: Parameter, file: Path) -> Any:
    """What a value of a YAML file is to a parameter of an importer.

    A path starts from the folder of the file, or with "~" from the user's; one file is a list where several may be.

    Args:
        value: as the YAML file has it.
        parameter: its annotation is a path, a word, a list or mapping of words, a choice, or a union of these.
        file: the YAML file.

    Raises:
        ConfigError: the value is of another type, or none of the choices.

    Example:
        >>> labels = Parameter("labels", Parameter.VAR_POSITIONAL, annotation=str | Path)
        >>> [path.as_posix() for path in argument("train.csv", labels, Path("chexpert/source.yaml"))]
        ['chexpert/train.csv']
        >>> argument(3, labels, Path("chexpert/source.yaml"))
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: chexpert/source.yaml: labels is 3; give a path
    """
    kinds = get_args(parameter.annotation) if isinstance(parameter.annotation, UnionType) else (parameter.annotation,)
    if Path in kinds:
        kinds = tuple(kind for kind in kinds if kind is not str)  # a path is a word too
    several = parameter.kind is Parameter.VAR_POSITIONAL
    values: list[Any] = value if several and isinstance(value, list) else [value]
    for one in values:
        if not any(_fits(one, kind) for kind in kinds):
            expected = " or ".join(_called(kind) for kind in kinds if kind is not NoneType)
            raise ConfigError(f"{file}: {parameter.name} is {one!r}; give {expected}")
    if Path not in kinds or value is None:
        return value
    paths = [file.parent / os.path.expanduser(one) for one in values]
    return paths if several else paths[0]


def _fits(value: object, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in list(get_args(kind))  # a list compares whatever the file holds
    if get_origin(kind) is Sequence:
        return isinstance(value, list) and all(isinstance(word, str) for word in value)
    if get_origin(kind) is Mapping:
        return isinstance(value, dict) and all(isinstance(meaning, str) for meaning in value.values())
    return isinstance(value, str) and value.strip() != "" if kind is Path else isinstance(value, kind)


def _called(kind: Any) -> str:
    return " or ".join(get_args(kind)) if get_origin(kind) is Literal else _CALLED[get_origin(kind) or kind]
