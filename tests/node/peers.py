"""A node as its users start it, a modality of dcmtk, one that sends what it likes, and a PACS that can be nasty."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil
import yaml

from lucency.node.jobs import Job, State
from lucency.node.queue import open_queue
from lucency.node.queue.protocol import JobQueue
from lucency.node.settings import node_settings
from node.objects import identity
from node.ports import free_port, wait_until
from support import BUNDLE, FINDINGS, TINY

AET = "CXRAI"
LONG = os.environ.get("LUCENCY_LONG") == "1"
"""Whether tests run for as long as `make test-long` lets them."""
TINY_MODEL = {
    "findings": FINDINGS,
    "image_size": 32,
    **{key: value for key, value in TINY.items() if key.startswith("network_def")},
}
ODD_MODEL = {"network_def#_target_": "node.promises.odd_network.OddDenseNet", "check_image": False}
"""Overrides that make a node take marked images, and its network do what the marks say."""
ENDS = (State.SENT, State.SKIPPED, State.DEAD)


class RunningNode:
    """``lucency node serve`` as a process.

    Args:
        folder: for its state, its log and its configuration.
        environment: of the process, beside the usual one.
        settings: of the node, in its YAML file; `overrides` are added to those of the tiny model.
    """

    def __init__(self, folder: Path, environment: dict[str, str] | None = None, **settings: Any) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "node.log"
        self.port, self.http_port = free_port(), free_port()
        self.values = {
            "bundle": str(BUNDLE),
            "state": str(folder / "state"),
            "aet": AET,
            "listen": f"127.0.0.1:{self.port}",
            "http": f"127.0.0.1:{self.http_port}",
            "backend": "torch",
            "min_free_mb": 10,
            "retry_base": 0.1,
            "retry_cap": 1,
            **settings,
            "overrides": {**TINY_MODEL, **settings.get("overrides", {})},
        }
        self.environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")])),
            **(environment or {}),
        }
        self.settings = node_settings(self.values)
        self.queue: JobQueue | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 90) -> "RunningNode":
        """Start it, and wait until it is ready."""
        self.launch()
        wait_until(self._is_ready, seconds, f"{self.log}: ready")
        return self

    def launch(self) -> None:
        """Start it, and do not wait."""
        config = self.folder / "node.yaml"
        config.write_text(yaml.safe_dump({key: _plain(value) for key, value in self.values.items()}))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lucency", "node", "serve", "--config", str(config)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self.environment,
                start_new_session=True,
            )

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the node ended with {self.process.returncode}:\n{self.said()[-3000:]}"
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def said(self) -> str:
        """Its log."""
        return self.log.read_text(errors="replace")

    def events(self) -> list[dict[str, Any]]:
        """Lines of its log that are JSON."""
        return [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]

    def get(self, path: str) -> tuple[int, str]:
        """Ask it by HTTP."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def health(self) -> dict[str, Any]:
        """What it says of itself."""
        answer: dict[str, Any] = json.loads(self.get("/healthz")[1])
        return answer

    def kill(self) -> None:
        """Kill it alone, as a power cut would; its children must go by themselves."""
        assert self.process is not None
        children = _descendants(self.process.pid)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        # one that was still importing notices when it is done
        wait_until(lambda: not any(map(lives, children)), 60, f"children of a killed node are gone ({children})")

    def stop(self, seconds: float = 60) -> int:
        """Ask it to end, and give its exit code."""
        assert self.process is not None
        if self.queue is not None:
            self.queue.close()
            self.queue = None
        if self.process.poll() is None:
            children = _descendants(self.process.pid)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            finally:
                self.process.kill()
                for child in filter(lives, children):
                    child.kill()
        return self.process.returncode

    def jobs(self) -> list[Job]:
        """All its jobs; the queue is read whether it runs or not."""
        if self.queue is None:
            self.queue = open_queue(self.settings)
        return self.queue.jobs(limit=100_000)

    def jobs_of(self, paths: Iterable[Path]) -> dict[Path, list[Job]]:
        """Jobs of each object."""
        jobs: dict[str, list[Job]] = defaultdict(list)
        for job in self.jobs():
            jobs[job.sop_instance_uid].append(job)
        return {path: jobs.get(identity(path), []) for path in paths}

    def settled(self, *paths: Path, seconds: float = 60) -> list[Job]:
        """Wait until every object has one job, and that has come to an end; give the jobs."""

        def ended() -> list[Job] | None:
            jobs = self.jobs_of(paths)
            one_each = all(len(found) == 1 and found[0].state in ENDS for found in jobs.values())
            return [found[0] for found in jobs.values()] if one_each else None

        if not paths:
            return []
        try:
            jobs: list[Job] = wait_until(ended, seconds, "settled")
        except AssertionError as error:
            open_ones = {
                path.name: [(job.state, job.kind, job.attempts, job.reason) for job in found]
                for path, found in self.jobs_of(paths).items()
            }
            raise AssertionError(f"{error}: {open_ones}\n{self.said()[-3000:]}") from None
        return jobs


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
