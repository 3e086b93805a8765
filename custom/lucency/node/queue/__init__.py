"""The durable queue of a node: SQLite in its folder, or PostgreSQL for several nodes."""

from ...errors import ConfigError
from ..settings import NodeSettings
from ..state_folder import StateFolder
from .errors import DiskFullError, QueueError
from .protocol import JobQueue, Stage
from .sql_queue import SqlQueue
from .sqlite import SqliteDatabase

__all__ = ["DiskFullError", "JobQueue", "QueueError", "Stage", "open_queue"]


def open_queue(settings: NodeSettings) -> JobQueue:
    """Open the queue of a node, and make it if it is not there.

    Threads may share it; a process that is forked may go on with it; one that is spawned opens its own.

    Args:
        settings: `queue` names a PostgreSQL database; else it is a file in the folder `state`.

    Raises:
        ConfigError: the database is another application's or version's, or psycopg is not installed.
        QueueError: it cannot be reached or written.

    Example:
        >>> import tempfile
        >>> from lucency.node.jobs import Arrival
        >>> queue = open_queue(NodeSettings(bundle="bundle", state=tempfile.mkdtemp(), pacs="PACS@127.0.0.1:4242"))
        >>> for path in ("objects/a.dcm", "objects/b.dcm"):
        ...     queue.put(Arrival("1.2.3", "1.2.840.10008.5.1.4.1.1.1", "CR1", path, recipe="r"))
        <Reception.TAKEN: 'taken'>
        <Reception.KNOWN: 'known'>
        >>> (job,) = queue.claim("work", "node/worker-1", lease_s=60)
        >>> queue.built(job, ["reports/1/1-report.dcm"], recipe="r", digest="d")
        True
        >>> queue.built(job, ["reports/1/1-report.dcm"], recipe="r", digest="d")
        False
        >>> queue.close()
    """
    if settings.queue is None:
        return SqlQueue(SqliteDatabase(StateFolder(settings.state).database))
    try:
        from .postgres import PostgresDatabase
    except ImportError as error:
        raise ConfigError("a queue on PostgreSQL needs psycopg; pip install 'lucency[serve]'") from error
    return SqlQueue(PostgresDatabase(settings.queue))
