"""The main process seen from outside: it stays lean, takes its children with it, and prints no names."""

import subprocess
import sys
from pathlib import Path

import psutil

from lucency.node.jobs import State
from node.ports import wait_until
from node.work import stand_ins


def runs(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE  # which waits for its parent to take note
    except psutil.NoSuchProcess:
        return False


MAIN = """
import sys, threading
sys.path.insert(0, {tests!r})
from lucency.node.queue import open_queue
from lucency.node.settings import node_settings
from lucency.node.work.supervisor import Supervisor
from node.work import stand_ins
from node.work.place import LIGHT
if __name__ == "__main__":
    settings = node_settings({{"bundle": "b", "state": {state!r}, "pacs": "PACS@127.0.0.1:4242", "workers": 2}})
    worker, courier = stand_ins.obey, stand_ins.{courier}
    supervisor = Supervisor(settings, "other", open_queue(settings), worker=worker, courier=courier, modules=LIGHT)
    supervisor.start()
    print("torch" in sys.modules or "monai" in sys.modules, flush=True)
    threading.Event().wait({seconds})
    supervisor.stop(0)
"""


def started(here, tmp_path, courier="wait", seconds=60):
    file = tmp_path / "main.py"
    tests = str(Path(stand_ins.__file__).parents[2])
    file.write_text(MAIN.format(tests=tests, state=str(here.settings.state), courier=courier, seconds=seconds))
    return subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_no_child_survives_the_end_of_the_main_process_whatever_it_does(place, tmp_path):
    here = place()
    here.put("HANG")
    with started(here, tmp_path) as process:
        assert process.stdout.readline() == "False\n", "the main process must stay lean"
        wait_until(lambda: here.job("HANG").state is State.RUNNING)
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 4  # fork server, two workers, courier
        process.kill()
    wait_until(lambda: not any(map(runs, family)), seconds=2)


def test_what_a_child_fails_with_is_not_printed(place, tmp_path):
    with started(place(), tmp_path, courier="raise_with_a_name", seconds=1) as process:
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "child_failed" in errors
    assert "ValueError" in errors
    assert "Doe" not in out + errors
