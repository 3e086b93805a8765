"""The queue of a node from outside: whether the node runs or not, and without a thought for its model."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .node_packages import check_packages

if TYPE_CHECKING:
    from ..node.queue.protocol import JobQueue
    from ..node.settings import NodeSettings
    from ..node.state_folder import StateFolder

STATE = Annotated[Path | None, typer.Option(help="Folder of the node, as of lucency node serve.")]
QUEUE = Annotated[str | None, typer.Option(help="postgresql://..., if the node has one; else SQLite in --state.")]
CONFIG = Annotated[Path | None, typer.Option(help="The node's YAML file, which says these things too.")]

_UNUSED = {"bundle": ".", "pacs": "http://localhost"}  # nobody is asked or told anything


@dataclass(frozen=True)
class OpenedNode:
    """A node's folder and queue.

    Attributes:
        settings: those that say where they are; the others may be anything.
        folder: of the node.
        queue: open.
    """

    settings: "NodeSettings"
    folder: "StateFolder"
    queue: "JobQueue"

    @property
    def runs(self) -> bool:
        """Whether a node runs on the folder now."""
        from ..errors import ConfigError

        try:
            with self.folder.locked():
                return False
        except ConfigError:
            return True


@contextmanager
def opened(config: Path | None, **flags: Any) -> Iterator[OpenedNode]:
    """Open what a node has left.

    Args:
        config: the node's YAML file.
        flags: settings that win over it; ``None`` is none.

    Raises:
        ConfigError: a package is missing, no folder is named, no node ever ran on it, or its queue is elsewhere.
        QueueError: the queue cannot be opened.
    """
    from ..errors import ConfigError
    from ..node.queue import open_queue
    from ..node.state_folder import StateFolder
    from .node_settings import read_config, settings_of

    check_packages()
    given = {name: value for name, value in flags.items() if value is not None}
    written = {} if config is None else read_config(config)
    if "state" not in written | given:
        raise ConfigError("no folder of a node is named; give --state, or --config with a state in it")
    settings = settings_of(None, _UNUSED | written | given)
    if not (settings.state / "node-id").is_file():
        raise ConfigError(f"{settings.state}: no node ever ran here; give the --state of lucency node serve")
    folder = StateFolder(settings.state)
    if settings.queue is None and not folder.database.is_file():
        raise ConfigError(f"{folder.database}: is not there; give --queue if the node shares a queue with others")
    queue = open_queue(settings)
    try:
        yield OpenedNode(settings, folder, queue)
    finally:
        queue.close()
