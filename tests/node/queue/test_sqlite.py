import sqlite3
import stat
import threading
from dataclasses import fields

import pytest

from lucency.errors import ConfigError, LucencyError
from lucency.node.jobs import Job, Reception
from lucency.node.queue import DiskFullError, QueueError, open_queue
from lucency.node.queue.rows import COLUMNS
from lucency.node.queue.sql_queue import _CLAIMS, SqlQueue
from lucency.node.queue.sqlite import SqliteDatabase
from lucency.node.state_folder import StateFolder
from node.queue.arrivals import arrival, settings_for


@pytest.fixture
def settings(tmp_path):
    return settings_for(tmp_path)


@pytest.fixture
def file(settings):
    return StateFolder(settings.state).database


def test_columns_are_the_fields_of_a_job():
    assert COLUMNS.split(", ") == [field.name for field in fields(Job)]


def test_only_its_owner_reads_the_file(queue, file):
    queue.put(arrival())
    files = list(file.parent.glob("node.db*"))
    assert {path.name for path in files} == {"node.db", "node.db-wal", "node.db-shm"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_commits_are_flushed(file):
    database = SqliteDatabase(file)
    assert database.read("PRAGMA synchronous") == [(2,)]  # FULL
    assert database.read("PRAGMA journal_mode") == [("wal",)]
    database.close()


def test_a_queue_outlives_its_process(settings):
    first = open_queue(settings)
    first.put(arrival())
    first.close()
    second = open_queue(settings)
    assert second.put(arrival(path="objects/b.dcm")) is Reception.KNOWN
    second.close()


@pytest.mark.parametrize("stage", ["work", "delivery"])
def test_a_claim_reads_only_what_waits(file, stage):
    database = SqliteDatabase(file)
    plan = str(database.read("EXPLAIN QUERY PLAN " + _CLAIMS[stage], lease="", owner="", lease_s=1.0, limit=1))
    assert f"INDEX lucency_jobs_{'work' if stage == 'work' else 'waiting'}" in plan
    assert "TEMP B-TREE" not in plan
    assert "SCAN lucency_jobs'" not in plan
    database.close()


def test_a_text_file_is_refused(settings, file):
    file.write_text("patients\n" * 100)
    with pytest.raises(ConfigError, match=r"node\.db: is no SQLite database; move it away$"):
        open_queue(settings)
    assert file.read_text() == "patients\n" * 100


def test_a_database_of_something_else_is_refused_and_left_alone(settings, file):
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE patients (name TEXT)")
    other.close()
    before = file.read_bytes()
    with pytest.raises(ConfigError, match=r"is a database of something else; name one that is empty$"):
        open_queue(settings)
    assert file.read_bytes() == before


def test_another_version_is_refused(settings, file):
    open_queue(settings).close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE lucency_schema SET version = 7")
    connection.close()
    with pytest.raises(ConfigError, match="its schema version is 7, this lucency reads 1"):
        open_queue(settings)


def test_a_folder_without_permission_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"absent/node\.db: cannot be opened \(No such file or directory\)"):
        SqliteDatabase(tmp_path / "absent" / "node.db")


def test_a_full_disk_is_recognised_and_changes_nothing(file):
    database = SqliteDatabase(file)
    queue = SqlQueue(database)
    queue.put(arrival())
    connection = database._connections.take()  # the only one; its limit stands for the disk's
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    database._connections.give(connection)
    with pytest.raises(DiskFullError, match=r"node\.db: its disk is full; free space$"):
        queue.put(arrival("1" * 64, path="p" * 50_000))
    assert [job.sop_instance_uid for job in queue.jobs()] == ["1.2.3"]
    assert queue.put(arrival("1.2.4")) is Reception.TAKEN, "there is room again"
    queue.close()


def test_a_lock_that_is_not_given_back_is_told(file):
    queue = SqlQueue(SqliteDatabase(file, busy_s=0.1))
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(QueueError, match=r"node\.db: is locked; see what else holds it$"):
        queue.put(arrival())
    assert queue.jobs() == [], "readers do not wait"
    other.execute("COMMIT")
    other.close()
    assert queue.put(arrival()) is Reception.TAKEN
    queue.close()


def test_a_file_that_vanished_is_an_error_and_not_an_empty_queue(file):
    queue = SqlQueue(SqliteDatabase(file))
    queue.put(arrival())
    queue._database._connections.clear()
    file.unlink()
    with pytest.raises(QueueError, match="CANTOPEN"):
        queue.put(arrival())
    assert not file.exists()


def test_an_error_rolls_back_and_names_no_patient(file):
    queue = SqlQueue(SqliteDatabase(file))
    with pytest.raises(LucencyError, match=r"node\.db: fails \(SQLITE_ERROR\)") as caught:
        queue._database.write(
            lambda transaction: (
                transaction.changed("DELETE FROM lucency_schema"),
                transaction.rows("SELECT :uid FROM absent", uid="1.2.840.113"),
            )
        )
    assert "1.2.840.113" not in str(caught.value)
    assert queue._database.read("SELECT version FROM lucency_schema") == [(1,)]
    queue.close()


def test_threads_leave_few_connections(file):
    opened = []
    database = SqliteDatabase(file)
    connect = database._connections._connect
    database._connections._connect = lambda: opened.append(1) or connect()
    queue = SqlQueue(database)
    for number in range(50):
        thread = threading.Thread(target=queue.put, args=[arrival(number)])
        thread.start()
        thread.join()
    assert queue.counts()
    assert opened == []
    queue.close()
