"""Ports and patience for tests with servers."""

import socket
import time
from collections.abc import Callable
from typing import Any


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], seconds: float = 15, what: str = "what was waited for") -> Any:
    """Ask again and again until the answer is true; an error names `what` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)
    return answer
