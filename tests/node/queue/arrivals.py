"""What the tests of a queue enter, and where."""

from pathlib import Path

from lucency.node.jobs import Arrival, Kind
from lucency.node.settings import NodeSettings


def arrival(
    uid: object = "1.2.3", path: str = "objects/a.dcm", kind: Kind | None = None, recipe: str = "recipe"
) -> Arrival:
    return Arrival(str(uid), "1.2.840.10008.5.1.4.1.1.1", "CR1", path, recipe, kind)


def settings_for(folder: Path, queue: str | None = None) -> NodeSettings:
    return NodeSettings(bundle=folder, state=folder / "state", pacs="PACS@127.0.0.1:4242", queue=queue)
