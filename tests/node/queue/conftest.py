"""A queue of either kind, and processes that share it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lucency.node.queue import JobQueue, open_queue
from lucency.node.settings import NodeSettings
from node.postgres import postgres_server, postgres_url  # noqa: F401 -- fixtures
from node.queue.arrivals import settings_for

_CHILD = """
import itertools, os, sys
from lucency.node.jobs import *
from lucency.node.queue import open_queue
from lucency.node.settings import NodeSettings
settings = NodeSettings.model_validate_json(sys.argv[1])
def arrival(uid, path="p"):
    return Arrival(str(uid), "1.2.840.10008.5.1.4.1.1.1", "CR1", str(path), "recipe")
def tell(*words):
    print(*words, flush=True)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> NodeSettings:
    return settings_for(tmp_path, request.getfixturevalue("postgres_url") if request.param == "postgresql" else None)


@pytest.fixture
def queue(settings: NodeSettings) -> Iterator[JobQueue]:
    queue = open_queue(settings)
    yield queue
    queue.close()


@pytest.fixture
def child(settings: NodeSettings) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    """Run code in a process of its own, which knows `settings`, `open_queue`, `arrival` and `tell`."""
    children = []

    def start(code: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", _CHILD + code, settings.model_dump_json()]
        children.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return children[-1]

    yield start
    for process in children:
        process.kill()
        process.communicate()
