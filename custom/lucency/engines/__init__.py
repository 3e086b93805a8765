"""Handlers that MONAI's trainers and evaluators lack: exact resume, guards, the record of a run."""

from .accumulation import AccumulatedSteps
from .appended_weights import append_to_trained
from .autocast_inferer import AutocastInferer
from .checkpoint import RunCheckpoint
from .co_teaching import CoTeaching
from .early_stopping import EarlyStopping
from .ema_teacher import EmaTeacher
from .gradient_snapshots import GradientSnapshots
from .label_correlation_monitor import LabelCorrelationMonitor
from .loss_guard import NonFiniteLossGuard
from .loss_state import LossState
from .parameter_groups import parameter_groups
from .prepare_batch import PrepareBatch
from .process_group import leave_process_group
from .run_record import RunRecord
from .seeding import SeedEveryEpoch
from .tensorboard import FindingsTensorBoard
from .two_views import TwoViewInferer, prepare_two_views
from .weights import LoadWeights, read_weights

__all__ = [
    "AccumulatedSteps",
    "AutocastInferer",
    "CoTeaching",
    "EarlyStopping",
    "EmaTeacher",
    "FindingsTensorBoard",
    "GradientSnapshots",
    "LabelCorrelationMonitor",
    "LoadWeights",
    "LossState",
    "NonFiniteLossGuard",
    "PrepareBatch",
    "RunCheckpoint",
    "RunRecord",
    "SeedEveryEpoch",
    "TwoViewInferer",
    "append_to_trained",
    "leave_process_group",
    "parameter_groups",
    "prepare_two_views",
    "read_weights",
]
