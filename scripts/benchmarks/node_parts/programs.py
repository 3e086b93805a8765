"""Programs of dcmtk, free ports, and processes that end with the benchmark."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from lucency.errors import ConfigError

START_S = 180.0


def dcmtk(name: str) -> str:
    """Path of a program of dcmtk; a virtual environment may hold pynetdicom's of the same name, which is another.

    Raises:
        ConfigError: dcmtk is not installed.
    """
    ours = Path(sys.executable).parent
    folders = [folder for folder in os.get_exec_path() if Path(folder) != ours]
    if (found := shutil.which(name, path=os.pathsep.join(folders))) is None:
        raise ConfigError(f"{name}: is not installed; run: apt-get install dcmtk")
    return found


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody takes TCP connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def says_ready(port: int) -> bool:
    """Whether an HTTP server there answers 200 to ``/readyz``."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def start(command: list[str], log: Path, ready: Callable[[], bool], stack: ExitStack) -> "subprocess.Popen[bytes]":
    """Start a server and wait until it is ready; what it says goes to `log`, and it ends with `stack`.

    Raises:
        ConfigError: it ended, or was not ready in time.
    """
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
    stack.callback(stop, process)
    until = time.monotonic() + START_S
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            last = (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
            raise ConfigError(f"{Path(command[0]).name}: did not get ready; see {log}: {last[:200]}")
        time.sleep(0.1)
    return process


def stop(process: "subprocess.Popen[bytes]", grace_s: float = 20.0) -> None:
    """End a process that was started here."""
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
