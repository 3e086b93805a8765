"""Handlers that MONAI's trainers and evaluators lack: exact resume, guards, the record of a run."""

from .autocast_inferer import AutocastInferer
from .checkpoint import RunCheckpoint
from .early_stopping import EarlyStopping
from .loss_guard import NonFiniteLossGuard
from .loss_state import LossState
from .parameter_groups import parameter_groups
from .run_record import RunRecord
from .seeding import SeedEveryEpoch
from .tensorboard import FindingsTensorBoard
from .weights import LoadWeights, read_weights

__all__ = [
    "AutocastInferer",
    "EarlyStopping",
    "FindingsTensorBoard",
    "LoadWeights",
    "LossState",
    "NonFiniteLossGuard",
    "RunCheckpoint",
    "RunRecord",
    "SeedEveryEpoch",
    "parameter_groups",
    "read_weights",
]
