"""What a run was made of: its whole configuration, versions, seed and data, written beside the checkpoint."""

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any

import torch
import yaml
from ignite.engine import Engine, Events
from monai.bundle import ConfigWorkflow

from .. import __version__
from ..bundle.keys import flatten, unused_keys
from ..data import read_study_table, table_fingerprint
from ..errors import ConfigError
from ..files import first_few, write_atomically
from ..trained_settings import HOW_IT_RUNS, RECORD, SETTINGS

PACKAGES = ("torch", "monai", "pytorch-ignite", "numpy", "pandas", "pydicom")


class RunRecord:
    """Write `config.yaml` and `run.json` when a run starts, and refuse to resume a different one.

    `config.yaml` is the one complete configuration that is executed (all files merged, overrides applied) and runs by
    itself; `run.json` holds package versions, seed, device, command line, the settings that `run_bundle` was given and
    the SHA-256 fingerprint of each study table. A top-level key that nothing uses, such as a misspelt ``--looss``, is
    an error; MONAI's runner ignores it.

    Args:
        folder: the checkpoint folder.
        seed: seed of the run.
        tables: paths of the study tables that the run reads.

    Raises:
        ConfigError: an unused key; or the folder holds a run with other data or another configuration.
    """

    def __init__(self, *, folder: str | Path, seed: int, tables: Sequence[str | Path]) -> None:
        self.folder = Path(folder)
        self.seed = seed
        self.tables = list(dict.fromkeys(str(table) for table in tables))
        workflow = _running_workflow()
        content = workflow.parser.get() if workflow else {}
        self.config: dict[str, Any] = {key: value for key, value in content.items() if key != "_meta_"}
        self.settings: Mapping[str, Any] | None = getattr(workflow, "settings", None)  # MONAI's own runner keeps none

    def attach(self, engine: Engine) -> None:
        """Register with a trainer, before `RunCheckpoint`."""
        engine.add_event_handler(Events.STARTED, self)

    def __call__(self, engine: Engine) -> None:
        """Check the keys and the record in the folder, then write this run's."""
        if unused := unused_keys(self.config):
            raise ConfigError("; ".join(unused))
        record = self.record(str(engine.state.device))
        if (self.folder / "last.pt").exists():
            self._refuse_another_run(record)
        if engine.state.rank == 0:
            write_atomically(self.folder / "config.yaml", yaml.safe_dump(self.config, sort_keys=False))
            write_atomically(self.folder / RECORD, json.dumps(record, indent=2, default=str) + "\n")

    def record(self, device: str) -> dict[str, Any]:
        """Collect the content of `run.json`."""
        fingerprints = {table: table_fingerprint(read_study_table(table, check_files=False)) for table in self.tables}
        return {
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": sys.argv,
            SETTINGS: self.settings,
            "seed": self.seed,
            "data": fingerprints,
            "device": device,
            "threads": torch.get_num_threads(),
            "python": platform.python_version(),
            "packages": {"lucency": __version__, **{name: version(name) for name in PACKAGES}},
        }

    def _refuse_another_run(self, record: dict[str, Any]) -> None:
        try:
            before = json.loads((self.folder / RECORD).read_text())
            config = yaml.safe_load((self.folder / "config.yaml").read_text())
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise ConfigError(
                f"{self.folder}: holds a last.pt but no readable run.json and config.yaml; choose another ckpt_dir"
            ) from error
        changed = _changes(config, self.config)
        if list(before["data"].values()) != list(record["data"].values()):
            changed.insert(0, "content of the study table")
        if changed:
            raise ConfigError(
                f"{self.folder}: holds an unfinished or finished run that differs in {first_few(changed)}; "
                "choose another ckpt_dir, or start afresh with --resume False"
            )


def _changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Name the keys whose values differ, leaving out those that a resumed run may change."""
    old, new = flatten(before), flatten(now)
    names = dict.fromkeys([*old, *new])
    return [name for name in names if old.get(name) != new.get(name) and name.split("::")[0] not in HOW_IT_RUNS]


def _running_workflow() -> ConfigWorkflow | None:
    """Find the workflow of the bundle that is instantiating us.

    MONAI hands components no reference to the configuration they come from, and its runner keeps none. The workflow is
    up the call stack of every component it builds, whoever started it (``monai.bundle run``, torchrun, `lucency run`).
    """
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, ConfigWorkflow):
            return owner
        frame = frame.f_back
    return None
