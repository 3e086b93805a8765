import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from lucency.errors import ConfigError
from lucency.node.jobs import Reception, State
from lucency.node.queue import QueueError, open_queue
from lucency.node.queue.sql_queue import SqlQueue
from node.queue.arrivals import arrival, settings_for


@pytest.fixture
def settings(tmp_path, postgres_url):
    return settings_for(tmp_path, postgres_url)


def break_connections(url):
    import psycopg

    with psycopg.connect(url, autocommit=True) as other:
        return other.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE usename = 'lucency' AND pid <> pg_backend_pid()"
        ).fetchone()[0]


def test_a_missing_psycopg_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lucency.node.queue.postgres", None)
    with pytest.raises(ConfigError, match=r"pip install 'lucency\[serve\]'$"):
        open_queue(settings_for(tmp_path, "postgresql://localhost/x"))


def test_sqlite_alone_does_not_load_psycopg(tmp_path):
    code = (
        "import sys, lucency.node.queue; print([name for name in ('psycopg', 'torch', 'monai') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_dropped_connections_are_opened_again(queue, settings):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda uid: queue.put(arrival(uid)), range(20)))
    assert break_connections(settings.queue) >= 1
    assert queue.put(arrival("1.2.3")) is Reception.TAKEN
    break_connections(settings.queue)
    assert queue.counts()[State.QUEUED] == 21, "reading too"


def test_a_restart_of_the_server_is_waited_for(queue, postgres_server):
    queue.put(arrival(1))
    postgres_server.stop()
    starter = threading.Timer(0.5, postgres_server.start)
    starter.start()
    assert queue.put(arrival(2)) is Reception.TAKEN
    starter.join()
    assert queue.counts()[State.QUEUED] == 2


def test_a_connection_that_breaks_while_it_commits_loses_no_file(queue, settings, monkeypatch):
    """The server has committed, but the answer is lost: the same call again must not be told KNOWN."""
    database = queue._database
    once = database._write_once
    calls = []

    def lossy(work):
        result = once(work)
        calls.append(result)
        if len(calls) == 1:
            from lucency.node.queue.postgres import _UnreachableError

            raise _UnreachableError("the connection broke")
        return result

    monkeypatch.setattr(database, "_write_once", lossy)
    assert queue.put(arrival()) is Reception.TAKEN
    assert len(calls) == 2
    assert len(queue.jobs()) == 1


def test_a_server_that_is_gone_is_told_in_one_line_without_the_password(tmp_path):
    from lucency.node.queue.postgres import PostgresDatabase

    begin = time.monotonic()
    with pytest.raises(QueueError, match="cannot be reached") as caught:
        PostgresDatabase("postgresql://lucency:s3cret@127.0.0.1:1/x", patience_s=0.3)
    assert time.monotonic() - begin < 3
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_address_that_is_none_is_told_without_the_password(tmp_path):
    with pytest.raises(ConfigError, match="write postgresql://USER@HOST/DATABASE") as caught:
        open_queue(settings_for(tmp_path, "postgresql://a:s3cret@[x/y"))
    assert "s3cret" not in str(caught.value)


def test_another_version_is_refused(queue, settings):
    queue._database.write(lambda transaction: transaction.changed("UPDATE lucency_schema SET version = 7"))
    with pytest.raises(ConfigError, match="its schema version is 7, this lucency reads 1"):
        open_queue(settings)


def test_tables_of_others_do_not_matter(settings):
    import psycopg

    with psycopg.connect(settings.queue) as other:
        other.execute("CREATE TABLE patients (name TEXT)")
    open_queue(settings).close()


def test_nodes_make_the_tables_one_after_the_other(settings):
    import psycopg

    from lucency.node.queue.postgres import _SCHEMA_LOCK

    with psycopg.connect(settings.queue) as other, ThreadPoolExecutor(3) as pool:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [_SCHEMA_LOCK])
        opening = [pool.submit(open_queue, settings) for _ in range(3)]
        assert not wait(opening, timeout=0.5).done
        other.rollback()
        queues = [queue.result(30) for queue in opening]
    assert queues[0].put(arrival()) is Reception.TAKEN
    assert queues[1].put(arrival(path="objects/b.dcm")) is Reception.KNOWN
    for queue in queues:
        queue.close()


def test_commits_are_flushed_whatever_the_servers_default(settings):
    import psycopg

    with psycopg.connect(settings.queue, autocommit=True) as other:
        other.execute("ALTER ROLE lucency SET synchronous_commit = off")
        try:
            queue = open_queue(settings)
            assert queue._database.read("SHOW synchronous_commit") == [("on",)]
            queue.close()
        finally:
            other.execute("ALTER ROLE lucency RESET synchronous_commit")


def test_an_error_rolls_back_and_names_no_patient(queue, caplog):
    with pytest.raises(QueueError, match=r"fails \(CheckViolation\); see its log$") as caught:
        queue._database.write(
            lambda transaction: (
                transaction.changed("ALTER TABLE lucency_jobs ADD CHECK (sop_instance_uid = '')"),
                SqlQueue(_Nested(transaction)).put(arrival("1.2.840.113")),
            )
        )
    assert caught.value.__suppress_context__, "the driver's error quotes the row"
    assert queue.put(arrival("1.2.840.113")) is Reception.TAKEN


class _Nested:
    def __init__(self, transaction):
        self._transaction = transaction

    def write(self, work):
        return work(self._transaction)


def test_a_stalled_table_is_told(queue, settings, monkeypatch):
    import psycopg

    queue.put(arrival(1))
    queue._database.read("SELECT set_config('statement_timeout', '100ms', false)")
    with psycopg.connect(settings.queue) as other:
        other.execute("LOCK TABLE lucency_jobs")
        with pytest.raises(QueueError, match=r"is locked; see what else holds its tables$"):
            queue.put(arrival(2))
        other.rollback()
    assert queue.put(arrival(2)) is Reception.TAKEN


def test_a_claim_passes_by_what_another_holds(queue, settings):
    import psycopg

    for uid in (1, 2):
        queue.put(arrival(uid, f"objects/{uid}.dcm"))
    with psycopg.connect(settings.queue) as other:
        other.execute("SELECT 1 FROM lucency_jobs WHERE sop_instance_uid = '1' FOR UPDATE")
        assert [job.sop_instance_uid for job in queue.claim("work", "n", 60, limit=2)] == ["2"]
