"""The tables of a queue, and the check that a database is one of ours."""

# ruff: noqa: S608 -- what is written into statements is constant; values are parameters
import uuid
from collections.abc import Collection

from ...errors import ConfigError
from .database import Transaction

VERSION = 1
"""Of the tables; raised with every change of them."""
JOBS = "lucency_jobs"
SCHEMA = "lucency_schema"

# Conditions of indexes. Statements repeat them word for word, or SQLite would not use the index.
WORK = "state IN ('queued', 'running')"
WAITING = "finished IS NULL"
ENDED = "finished IS NOT NULL"
HAS_PRODUCTS = "products <> '[]'"

_TABLES = (
    f"CREATE TABLE {SCHEMA} (version INTEGER NOT NULL, identity TEXT NOT NULL)",
    f"""CREATE TABLE {JOBS} (
        id {{identity}},
        sop_instance_uid TEXT NOT NULL,
        sop_class_uid TEXT NOT NULL,
        sender TEXT NOT NULL,
        path TEXT NOT NULL,
        recipe TEXT NOT NULL,
        state TEXT NOT NULL,
        kind TEXT,
        reason TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        lease TEXT,
        digest TEXT NOT NULL,
        products TEXT NOT NULL DEFAULT '[]',
        received DOUBLE PRECISION NOT NULL,
        started DOUBLE PRECISION,
        built DOUBLE PRECISION,
        finished DOUBLE PRECISION,
        owner TEXT,
        due DOUBLE PRECISION NOT NULL,
        UNIQUE (sop_instance_uid, recipe)
    )""",
    # a queue is short, its history is long: what is asked all the time has an index of few rows
    f"CREATE INDEX lucency_jobs_work ON {JOBS} (id) WHERE {WORK}",
    f"CREATE INDEX lucency_jobs_waiting ON {JOBS} (state, id) WHERE {WAITING}",
    f"CREATE INDEX lucency_jobs_ended ON {JOBS} (state, id) WHERE {ENDED}",
    f"CREATE INDEX lucency_jobs_leased ON {JOBS} (owner) WHERE lease IS NOT NULL",
    f"CREATE INDEX lucency_jobs_path ON {JOBS} (path) WHERE path <> ''",
    f"CREATE INDEX lucency_jobs_products ON {JOBS} (finished) WHERE {HAS_PRODUCTS}",
    f"CREATE INDEX lucency_jobs_kind ON {JOBS} (state, kind) WHERE kind IS NOT NULL",
)


def prepare(transaction: Transaction, tables: Collection[str], identity: str, name: str) -> None:
    """Make the tables, or check those that are there.

    Args:
        transaction: excludes others that do the same.
        tables: names of the tables in the database that could be in the way.
        identity: type of a primary key that counts up and never gives a number twice.
        name: of the database, for errors.

    Raises:
        ConfigError: the database is another application's, or was made by another version of lucency.
    """
    if not tables:
        for statement in _TABLES:
            transaction.changed(statement.format(identity=identity))
        entry = f"INSERT INTO {SCHEMA} (version, identity) VALUES (:version, :identity)"
        transaction.changed(entry, version=VERSION, identity=uuid.uuid4().hex)
        return
    if SCHEMA not in tables or JOBS not in tables:
        raise ConfigError(f"{name}: is a database of something else; name one that is empty")
    versions = [row[0] for row in transaction.rows(f"SELECT version FROM {SCHEMA}")]
    if versions != [VERSION]:
        found = ", ".join(map(str, versions)) or "none"
        raise ConfigError(
            f"{name}: its schema version is {found}, this lucency reads {VERSION}; "
            "use the lucency that made it, or a database that is empty"
        )
