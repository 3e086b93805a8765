"""What is wrong with Ray or its address is one line, soon."""

import os
import socket
import subprocess
import sys
import time

import psutil
import pytest

from lucency.errors import LucencyError
from lucency.scale import cluster, predict_over_ray
from support import BUNDLE


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1:9", "127.0.0.1:9: no Ray cluster answers there"),
        ("ray://127.0.0.1:9", "ray://127.0.0.1:9: no Ray cluster answers there"),
        ("no-such-host.invalid:6379", "no-such-host.invalid:6379: no Ray cluster answers there"),
        ("auto", "127.0.0.1:8: no Ray cluster answers there"),
        ("localhost", "localhost: is no address of a Ray cluster; give HOST:PORT"),
        ("host:port", "host:port: is no address of a Ray cluster; give HOST:PORT"),
        ("127.0.0.1:99999", "127.0.0.1:99999: no Ray cluster answers there"),
    ],
)
def test_an_address_where_no_cluster_is_is_one_line(address, reason, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:8")
    started = time.monotonic()
    with pytest.raises(LucencyError) as caught, cluster(address):
        pass
    assert str(caught.value).startswith(reason)
    assert len(str(caught.value).splitlines()) == 1
    assert time.monotonic() - started < 20


def test_without_ray_the_error_names_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(LucencyError, match=r"Ray is not installed; install it: pip install 'lucency\[scale\]'"):
        predict_over_ray(BUNDLE, address="local", overrides={"dataset_dir": str(tmp_path)})


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def head(ray_folder, port):
    """Ray as an administrator starts it, with a token; its address, and the environment in which it was started."""
    options = {"port": port, "num-cpus": 1, "include-dashboard": "false", "object-store-memory": 10**8}
    words = [f"--{name}={value}" for name, value in options.items()]
    environment = {**os.environ, "RAY_AUTH_MODE": "token"}
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", *words]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        parts = []
        while not any("raylet" in part.name() for part in parts):
            assert process.poll() is None
            time.sleep(0.1)
            parts = psutil.Process(process.pid).children(recursive=True)
        yield f"127.0.0.1:{port}", environment
        process.terminate()
        for part in psutil.wait_procs(parts, timeout=10)[1]:
            part.kill()


PROGRAM = """
from lucency.scale import cluster, spread
from scale import chunk_functions
with cluster({address!r}):
    print([results for _, results in spread(chunk_functions.squares, 1, [[1, 2], [3]])])
"""


@pytest.mark.slow
def test_a_cluster_that_somebody_else_started_is_joined_and_goes_on(head):
    address, environment = head
    command = [sys.executable, "-c", PROGRAM.format(address=address)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.stdout == "[[2, 5], [10]]\n", done.stderr
    socket.create_connection(address.split(":")).close()


def test_a_cluster_that_wants_another_token_is_one_line_that_says_so(monkeypatch):
    ray = pytest.importorskip("ray")

    def refuse(**options):  # as Ray 2.60 does, after twenty seconds
        try:
            raise RuntimeError("Failed to connect to GCS. Last ...\n RPC error: InvalidAuthToken: Authentication token")
        except RuntimeError as error:
            raise ConnectionError("Failed to connect to Ray cluster") from error

    monkeypatch.setattr(ray, "init", refuse)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(LucencyError, match="the Ray cluster there wants its token; set RAY_AUTH_MODE=token"):
            cluster(address).__enter__()
