"""What a bundle's inference workflow is, in a form that travels: files by path, overrides, and what they amount to."""

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser
from monai.bundle.utils import ID_SEP_KEY

from .. import __version__
from ..bundle import config_files
from ..bundle.failures import configuration_failure
from ..bundle.overrides import check_overrides, literal
from ..bundle.runner import read_configuration
from ..errors import ConfigError


@dataclass(frozen=True)
class InferenceJob:
    """A bundle's inference configuration with the user's overrides, for the driver and for its workers.

    Attributes:
        files: configuration files, in the order in which they override each other.
        overrides: keys to values.
        folder: working folder, in which relative paths are meant.
        head: what `PredictionTable.head` is for the driver; a worker that arrives at another one reads other files.
        version: of lucency.
        token: tells jobs apart in a worker that serves several.
    """

    files: tuple[str, ...]
    overrides: Mapping[str, Any]
    head: Mapping[str, Any] | None = None
    folder: str = field(default_factory=os.getcwd)
    version: str = __version__
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def of_bundle(
        cls, bundle: str | Path, groups: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
    ) -> "InferenceJob":
        """Check the overrides as `run_bundle` does.

        Raises:
            ConfigError: a file or key that is not there.
        """
        files = config_files(bundle, "inference", groups)
        check_overrides(read_configuration(files), overrides or {})
        root = {"bundle_root": literal(str(Path(bundle).resolve()))}
        return cls(files=tuple(str(file.resolve()) for file in files), overrides=root | dict(overrides or {}))

    def parts(self, *keys: str, changes: Mapping[str, Any] | None = None) -> list[Any]:
        """Make these parts of the workflow, and what they refer to.

        Args:
            *keys: of the configuration.
            changes: further keys to values, which win.

        Raises:
            ConfigError: there is no such key, or a component cannot be made.
        """
        parser = ConfigParser()
        parser.read_config(list(self.files))
        parser.update({**self.overrides, **(changes or {})})
        if absent := [key for key in keys if key.split(ID_SEP_KEY)[0] not in parser.get()]:
            raise ConfigError(f"{self.files[0]}: {absent[0]}: is missing; Ray needs an inference.yaml like the others'")
        try:
            return [parser.get_parsed_content(key) for key in keys]
        except Exception as error:
            if (failure := configuration_failure(error)) is not None:
                raise failure from error
            raise
