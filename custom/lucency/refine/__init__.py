"""Noisy labels: find them, have the important ones read again, remember who said what."""

from .adjudication import Adjudication
from .agreement import cohen_kappa, fleiss_kappa, pair_agreement, reader_agreement
from .keep import keep_masks
from .ledger import Batch, LabelEntry, Ledger, LedgerError, RejectedEntriesError
from .oracle import SimulatedOracle
from .rates import NoiseRates, noise_rates
from .select import choose, coreset, entry_scores, image_scores
from .snapshot_store import SnapshotStore
from .trusted import trusted_table
from .vog import variance_of_gradients

__all__ = [
    "Adjudication",
    "Batch",
    "LabelEntry",
    "Ledger",
    "LedgerError",
    "NoiseRates",
    "RejectedEntriesError",
    "SimulatedOracle",
    "SnapshotStore",
    "choose",
    "cohen_kappa",
    "coreset",
    "entry_scores",
    "fleiss_kappa",
    "image_scores",
    "keep_masks",
    "noise_rates",
    "pair_agreement",
    "reader_agreement",
    "trusted_table",
    "variance_of_gradients",
]
