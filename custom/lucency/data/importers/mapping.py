"""A source as a small YAML file declares it: an importer, its arguments, and its part in an assembled table."""

import difflib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ...errors import ConfigError
from ...files import first_few
from ...labels import LabelState, vocabulary
from ...labels.findings_file import UniqueKeyLoader
from ..table_files import existing_file
from ..validation import finding_columns
from .arguments import argument
from .importer import IMPORTERS, Importer

_HELP = "see docs/how-to/import-your-labels.md"
_SILENCES = (LabelState.NEGATIVE.value, LabelState.UNMENTIONED.value)


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """What a source file says beside the arguments of its importer.

    Attributes:
        source: name of the source in a table; None for what the importer calls it.
        silence: state, negative or unmentioned, of a finding that a row leaves unmentioned although its source labels
            it; None for what the importer makes of it.
        keep: ids of the findings to keep; None for all.
        patients: sources whose patient ids mean the same people have the same word here; None for the source's name.
    """

    source: str | None = None
    silence: str | None = None
    keep: tuple[str, ...] | None = None
    patients: str | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """A label file, imported.

    Attributes:
        importer: key of `IMPORTERS`.
        frame: study table, with `settings.source` in column source if that is given; nothing else is done by settings.
        images: folder that image paths start from; None if no one said.
        settings: what is to be done with the frame when sources are assembled.
    """

    importer: str
    frame: pd.DataFrame
    images: Path | None
    settings: SourceSettings


def read_source(path: str | Path) -> Source:
    r"""Import what a YAML file declares.

    ```yaml
    importer: nih                      # a key of IMPORTERS; folder if absent
    labels: Data_Entry_2017_v2020.csv  # and any other argument of that importer, by its name
    images: images
    source: nih                        # from here on: SourceSettings
    silence: negative
    keep: [effusion, mass]
    patients: nih
    ```

    Args:
        path: YAML mapping; relative paths in it start from its folder, "~" is the user's.

    Raises:
        ConfigError: unreadable, a key given twice, an unknown importer, an argument that is unknown, missing or of
            another type, or a setting that cannot be; the nearest right word is named.
        TableError, LabelError: no such file, or as the importer.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "mine.yaml"
        >>> _ = file.write_text("labels: labels.csv\nimages: .\nfindigns: [edema]\nvalues: {}\n")
        >>> read_source(file)
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: ...mine.yaml: 'findigns' is no argument of an import with folder; did you mean...
    """
    path = Path(path)
    content = _mapping(path)
    name = content.pop("importer", "folder")
    if name not in list(IMPORTERS):  # a list compares whatever the file holds
        raise ConfigError(f"{path}: {name!r} is no importer; {_nearest(name, IMPORTERS)}")
    settings = _settings({field.name: content.pop(field.name, None) for field in fields(SourceSettings)}, path)
    importer = IMPORTERS[name]
    arguments = _arguments(inspect.signature(importer.read).parameters, name, content, path)
    frame = _call(importer, arguments)
    absent = [finding for finding in settings.keep or () if finding not in finding_columns(frame)]
    if absent:
        raise ConfigError(
            f"{path}: keep lists {first_few(absent)}, not labelled there; it labels "
            f"{first_few(finding_columns(frame), 15)}"
        )
    if settings.source is not None:
        frame = frame.assign(source=settings.source)
    images = arguments.get("images")
    if images is None and importer.images_beside_labels:
        images = arguments["labels"].parent
    return Source(importer=name, frame=frame, images=images, settings=settings)


def import_mapping(path: str | Path) -> tuple[pd.DataFrame, Path | None]:
    """Study table and image folder of a source file; `read_source` also tells its part in an assembled table.

    Args:
        path: YAML file as `read_source` takes it.

    Returns:
        Study table, and the folder that its image paths start from, None if the file names none.

    Raises:
        ConfigError, TableError, LabelError: as `read_source`.
    """
    source = read_source(path)
    return source.frame, source.images


def _mapping(path: Path) -> dict[str, Any]:
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder, not a file; name the YAML file inside it")
    existing_file(path)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), UniqueKeyLoader)  # noqa: S506  # a SafeLoader
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path}: not readable as YAML ({reason}); {_HELP}") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds no mapping; write one argument a line, such as 'importer: nih'; {_HELP}")
    return content


def _settings(values: dict[str, Any], path: Path) -> SourceSettings:
    for name in ("source", "patients"):
        if values[name] is not None and not (isinstance(values[name], str) and values[name].strip()):
            raise ConfigError(f"{path}: {name} is {values[name]!r}; give a word")
    if values["silence"] not in (None, *_SILENCES):
        raise ConfigError(f"{path}: silence is {values['silence']!r}; it can mean {' or '.join(_SILENCES)}")
    keep = values["keep"]
    if keep is None:
        return SourceSettings(**values)
    if not isinstance(keep, list) or not keep:
        raise ConfigError(f"{path}: keep is {keep!r}; give a list of finding ids, or leave it out to keep all")
    known = vocabulary().ids
    for finding in keep:
        if finding not in known:
            raise ConfigError(f"{path}: keep lists {finding!r}, which is no finding id; {_nearest(finding, known)}")
    return SourceSettings(**values | {"keep": tuple(dict.fromkeys(keep))})


def _arguments(
    parameters: Mapping[str, inspect.Parameter], name: str, content: dict[str, Any], path: Path
) -> dict[str, Any]:
    known = [word for word in parameters if word != "source"]  # that one is a setting
    for word in content:
        if word not in known:
            choices = ["importer", *known, *(field.name for field in fields(SourceSettings))]
            raise ConfigError(f"{path}: {word!r} is no argument of an import with {name}; {_nearest(word, choices)}")
    for word, parameter in parameters.items():
        if parameter.default is parameter.empty and content.get(word) in (None, []):
            raise ConfigError(f"{path}: {word} is missing; {_HELP}")
    return {word: argument(value, parameters[word], path) for word, value in content.items()}


def _call(importer: Importer, arguments: dict[str, Any]) -> pd.DataFrame:
    labels = arguments.get("labels")
    if isinstance(labels, list):
        return importer.read(*labels, **{name: value for name, value in arguments.items() if name != "labels"})
    return importer.read(**arguments)


def _nearest(word: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are {first_few(list(known), 15)}"
