"""Importing a folder of images and labels as a small YAML file declares it."""

import inspect
import os
from pathlib import Path

import pandas as pd
import yaml

from ...errors import ConfigError
from .folder import import_folder


def import_mapping(path: str | Path) -> tuple[pd.DataFrame, Path]:
    r"""Call `import_folder` with the arguments that a YAML file holds.

    Args:
        path: YAML mapping from argument names to values; relative `labels` and `images` start from its folder.

    Returns:
        Study table, and the folder of the images.

    Raises:
        ConfigError: unreadable, an unknown argument, or one that is missing.
        TableError, LabelError: as `import_folder`.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "mine.yaml"
        >>> _ = file.write_text("labels: labels.csv\nimages: .\nfindigns: [edema]\nvalues: {}\n")
        >>> import_mapping(file)
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: ...mine.yaml: 'findigns' is no argument of an import; there are labels, images, ...
    """
    path = Path(path)
    try:
        arguments = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path}: not readable as YAML ({reason})") from error
    parameters = inspect.signature(import_folder).parameters
    if not isinstance(arguments, dict):
        raise ConfigError(f"{path}: holds no mapping; write one argument a line: {', '.join(parameters)}")
    for name in arguments:
        if name not in parameters:
            raise ConfigError(f"{path}: {name!r} is no argument of an import; there are {', '.join(parameters)}")
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in arguments:
            raise ConfigError(f"{path}: {name} is missing; see docs/how-to/import-your-labels.md")
    places = {name: path.parent / arguments.pop(name) for name in ("labels", "images")}
    return import_folder(**places, **arguments), places["images"]


def relative_to_table(frame: pd.DataFrame, images: str | Path | None, table: str | Path) -> pd.DataFrame:
    """Let image paths that start from the folder `images` start from the table's folder, where readers look.

    Example:
        >>> frame = pd.DataFrame({"image": ["a.png"]})
        >>> relative_to_table(frame, "data/images", "data/table.csv").image.item()
        'images/a.png'
    """
    if images is None:
        return frame
    start = Path(table).parent
    return frame.assign(image=[os.path.relpath(os.path.join(images, image), start) for image in frame["image"]])
