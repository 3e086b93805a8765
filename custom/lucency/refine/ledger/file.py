"""The file under a ledger: made whole or not at all, opened with care, written one batch at a time."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from ...data.table_files import existing_file
from ...files import sync
from .errors import LedgerError, sqlite_errors
from .schema import APPLICATION, SCHEMA, VERSION


def create_file(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Make a ledger under a temporary name, fill it, and give it its name once it is on disk.

    Args:
        path: must not exist; missing parent folders are made.
        fill: writes round 0.

    Raises:
        LedgerError: something is there already, or the file cannot be written; nothing is left behind.
    """
    if path.exists():
        raise LedgerError(f"{path}: exists already; open it, or choose another name")
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name[:16]}."))
        building = temporary / "ledger"
        with sqlite_errors(path), closing(sqlite3.connect(building, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = OFF")  # a file that never got its name needs no way back
            database.executescript(SCHEMA)
            database.execute("BEGIN")
            fill(database)
            database.execute("COMMIT")
            database.execute("PRAGMA journal_mode = WAL")  # is kept in the file
        for made in (building, temporary):
            sync(made)
        os.link(building, path)  # unlike a renaming, never over a ledger that another process made meanwhile
        sync(path.parent)
    except FileExistsError as error:
        raise LedgerError(f"{path}: exists already; open it, or choose another name") from error
    except OSError as error:
        raise LedgerError(
            f"{path}: cannot be written ({error.strerror or error}); free space or choose another folder"
        ) from error
    finally:
        if temporary is not None:
            for file in temporary.iterdir():
                file.unlink()
            temporary.rmdir()


def open_file(path: Path, *, read_only: bool, patience: float) -> sqlite3.Connection:
    """Open a ledger and see that it is one, of a version that is known, and whole.

    Args:
        path: of the ledger.
        read_only: refuse to write. Works beside a writer, and in a folder that cannot be written.
        patience: seconds to wait for another writer.

    Raises:
        TableError: nothing there.
        LedgerError: another kind of file, a later version, or damaged.
    """
    existing_file(path)
    with sqlite_errors(path):
        database = _connect(path, read_only, patience)
        try:
            _check(database, path)
        except BaseException:
            database.close()
            raise
    return database


@contextmanager
def writing(database: sqlite3.Connection, path: Path) -> Iterator[None]:
    """One transaction that is wholly on disk at the end, or never was; a second writer waits for its turn."""
    with sqlite_errors(path):
        database.execute("BEGIN IMMEDIATE")
        try:
            yield
            database.execute("COMMIT")
        finally:
            if database.in_transaction:  # something went wrong
                database.execute("ROLLBACK")


@contextmanager
def reading(database: sqlite3.Connection, path: Path) -> Iterator[None]:
    """See one state of the ledger in several queries, whatever others write meanwhile."""
    with sqlite_errors(path):
        database.execute("BEGIN")
        try:
            yield
        finally:
            if database.in_transaction:  # an error of the disk ends it by itself
                database.execute("ROLLBACK")


def _connect(path: Path, read_only: bool, patience: float) -> sqlite3.Connection:
    path = path.resolve()  # SQLite's neighbours of a file lie beside the file, not beside a link to it
    # read-write but never create: another process may take the file away at any moment
    address = f"file:{quote(str(path))}?mode={'ro' if read_only else 'rw'}"
    # SQLite reads a WAL file through a neighbour, which it cannot make in a folder without write permission. Where
    # there is none, nobody is writing, and the file alone holds everything.
    writable = os.access(path.parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
    if read_only and not writable and not Path(f"{path}-wal").exists():
        address += "&immutable=1"
    database = sqlite3.connect(address, uri=True, timeout=patience, isolation_level=None)
    try:
        database.execute("PRAGMA synchronous = FULL")  # acknowledged means on disk
        database.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection, path: Path) -> None:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise LedgerError(f"{path}: is no ledger; name a file that Ledger.create made")
    if version > VERSION:
        raise LedgerError(f"{path}: is of version {version}, later than {VERSION}, which is known here; update Lucency")
    (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        reason = verdict.splitlines()[-1]
        raise LedgerError(
            f"{path}: is damaged ({reason}); restore a copy, or save what is left with 'sqlite3 FILE .recover'"
        )
