"""Stop when validation has not improved for a while."""

from ignite.engine import Engine, Events
from monai.engines import Evaluator


class EarlyStopping:
    """End training once the evaluator's best epoch lies `patience` or more epochs back.

    It keeps no counter: the decision follows from the evaluator's ``best_metric_epoch``, which the checkpoint carries,
    so a resumed run stops in the same epoch as an unbroken one.

    Args:
        evaluator: the validation engine whose key metric counts.
        patience: epochs without improvement that are tolerated; 0 never stops.

    Raises:
        ValueError: `patience` is negative.
    """

    def __init__(self, *, evaluator: Evaluator, patience: int) -> None:
        if patience < 0:
            raise ValueError(f"patience must be 0 (never stop) or more, got {patience}")
        self.evaluator = evaluator
        self.patience = patience

    def attach(self, engine: Engine) -> None:
        """Register with a trainer, after its ValidationHandler and `RunCheckpoint`."""
        engine.add_event_handler(Events.STARTED, self)  # a run that had stopped early stays stopped when run again
        engine.add_event_handler(Events.EPOCH_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Terminate the trainer when patience has run out."""
        best_epoch = self.evaluator.state.best_metric_epoch
        if self.patience and best_epoch > 0 and engine.state.epoch - best_epoch >= self.patience:
            engine.logger.info(
                f"Early stop after epoch {engine.state.epoch}: best validation metric was in epoch {best_epoch}."
            )
            engine.terminate()
