"""Who said what about which label, when and why: append-only, in one SQLite file."""

from .batch import Batch
from .entry import LabelEntry
from .errors import LedgerError, RejectedEntriesError
from .ledger import Ledger

__all__ = ["Batch", "LabelEntry", "Ledger", "LedgerError", "RejectedEntriesError"]
