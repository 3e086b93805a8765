"""What is compared: the node, the obvious script, and a receiver that only writes files."""

import sys
from contextlib import ExitStack
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
        workers: of the node.
    """

    bundle: Path
    weights: Path
    workers: int


def start_system(name: str, work: Path, model: Model | None, stack: ExitStack) -> System:
    """Start one of `NAMES` with a sink of its own below `work`; all but ``bare`` need a model. It ends with `stack`.

    Raises:
        ConfigError: it cannot be started.
    """
    if name == "bare":
        return _bare(work / name, stack)
    if model is None:
        raise ConfigError(f"system {name}: needs a model")
    return (_node if name == "node" else _obvious)(work / name, model, stack)


def _node(work: Path, model: Model, stack: ExitStack) -> System:
    sink, port, http = Sink(work / "sink", stack), free_port(), free_port()
    program = Path(sys.executable).with_name("lucency")
    command = [str(program), "node", "serve", "--bundle", str(model.bundle), "--weights", str(model.weights)]
    command += ["--backend", "auto", "--workers", str(model.workers), "--aet", "NODE", "--state", str(work / "state")]
    command += ["--listen", f"127.0.0.1:{port}", "--http", f"127.0.0.1:{http}"]
    command += ["--pacs", f"{TITLE}@127.0.0.1:{sink.port}"]
    return System(port, "NODE", start(command, work / "node.log", lambda: says_ready(http), stack), sink)


def _obvious(work: Path, model: Model, stack: ExitStack) -> System:
    sink, port = Sink(work / "sink", stack), free_port()
    command = [sys.executable, str(HERE / "obvious_node.py"), str(port), TITLE, str(sink.port), str(model.weights)]
    return System(port, "OBVIOUS", start(command, work / "obvious.log", lambda: listens(port), stack), sink)


def _bare(work: Path, stack: ExitStack) -> System:
    files, port = work / "files", free_port()
    files.mkdir(parents=True)
    command = [sys.executable, str(HERE / "bare_scp.py"), str(port), str(files)]
    return System(port, "BARE", start(command, work / "bare.log", lambda: listens(port), stack), None, files)
