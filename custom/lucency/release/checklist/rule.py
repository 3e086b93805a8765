"""A rule of the checklist: what a bundle must have, why, and the check that finds where it has not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .bundle_text import BundleText
from .finding import Fault, Finding, Level, inert


@dataclass(frozen=True)
class Rule:
    """One demand on a bundle.

    Attributes:
        id: ``topic.name``; stable, so that tools can rely on it.
        level: of its findings.
        demands: what must be so; one sentence.
        reason: what happens otherwise; one sentence.
        find: reads the text of a bundle, without running any of it, and gives the faults.
    """

    id: str
    level: Level
    demands: str
    reason: str
    find: Callable[[BundleText], Iterable[Fault]]

    def findings(self, bundle: BundleText) -> list[Finding]:
        """Apply the rule; what several workflows share is named once."""
        faults = dict.fromkeys(self.find(bundle))
        return [Finding(fault.place, inert(fault.message), inert(fault.mend), self.id, self.level) for fault in faults]
