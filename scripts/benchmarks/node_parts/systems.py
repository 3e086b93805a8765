"""What is compared: the node, the obvious script, and a receiver that only writes files."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from lucency.errors import ConfigError

from .programs import free_port, listens, says_ready, start
from .sink import TITLE, Sink

HERE = Path(__file__).parent
NAMES = ("node", "obvious", "bare")


@dataclass
class System:
    """A running receiver.

    Attributes:
        port: where it takes images.
        title: its AE title.
        process: root of its processes.
        sink: the PACS that it sends reports to, if it makes any.
        files: what it writes and never removes.
    """

    name: str
    port: int
    title: str
    process: "Popen[bytes]"
    sink: Sink | None
    files: Path | None = None


@dataclass(frozen=True)
class Model:
    """What the node and the script answer with.

    Attributes:
        bundle: its folder.
        weights: a state dictionary, with exports beside it.
        options: further flags of `lucency node serve`.
    """

    bundle: Path
    weights: Path
    options: tuple[str, ...] = ()


def start_system(name: str, work: Path, model: Model) -> System:
    """Start one of `NAMES` with a sink of its own below `work`.

    Raises:
        ConfigError: it cannot be started.
    """
    if name not in _STARTERS:
        raise ConfigError(f"system {name!r} is unknown; choose of {', '.join(NAMES)}")
    return _STARTERS[name](work / name, model)


def _node(work: Path, model: Model) -> System:
    sink, port, http = Sink(work / "sink"), free_port(), free_port()
    program = Path(sys.executable).with_name("lucency")
    command = [str(program), "node", "serve", "--bundle", str(model.bundle), "--weights", str(model.weights)]
    command += ["--backend", "auto", "--aet", "NODE", "--listen", f"127.0.0.1:{port}", "--http", f"127.0.0.1:{http}"]
    command += ["--pacs", f"{TITLE}@127.0.0.1:{sink.port}", "--state", str(work / "state"), *model.options]
    return System("node", port, "NODE", start(command, work / "node.log", lambda: says_ready(http)), sink)


def _obvious(work: Path, model: Model) -> System:
    sink, port = Sink(work / "sink"), free_port()
    command = [sys.executable, str(HERE / "obvious_node.py"), str(port), TITLE, str(sink.port), str(model.weights)]
    return System("obvious", port, "OBVIOUS", start(command, work / "obvious.log", lambda: listens(port)), sink)


def _bare(work: Path, model: Model) -> System:
    files, port = work / "files", free_port()
    files.mkdir(parents=True)
    command = [sys.executable, str(HERE / "bare_scp.py"), str(port), str(files)]
    return System("bare", port, "BARE", start(command, work / "bare.log", lambda: listens(port)), None, files)


_STARTERS: dict[str, Callable[[Path, Model], System]] = {"node": _node, "obvious": _obvious, "bare": _bare}
