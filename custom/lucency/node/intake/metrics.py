"""What the intake asks of metrics; `lucency.node.operations` has them."""

from typing import Protocol

from ..jobs import Reception


class IntakeMetrics(Protocol):
    """What is counted."""

    def reception(self, reception: Reception) -> None:
        """An object was taken in."""

    def refused(self, reason: str) -> None:
        """An object was refused."""


class ScpMetrics(IntakeMetrics, Protocol):
    """What is counted."""

    def acknowledged(self, seconds: float) -> None:
        """An object was acknowledged so long after its last fragment."""

    def association(self, outcome: str) -> None:
        """An association was ``accepted`` or ``refused``."""
