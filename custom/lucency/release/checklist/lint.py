"""Applying every rule to a bundle."""

from dataclasses import dataclass
from pathlib import Path

from ...errors import ConfigError
from .bundle_text import BundleText
from .finding import Finding, Level
from .rules import RULES


@dataclass(frozen=True)
class Checklist:
    """What the rules found in a bundle.

    Attributes:
        bundle: folder.
        findings: in the order of the rules.
    """

    bundle: Path
    findings: tuple[Finding, ...]

    def count(self, level: Level) -> int:
        """How many findings of a level there are."""
        return sum(finding.level is level for finding in self.findings)

    def passes(self, *, strict: bool = False) -> bool:
        """Whether there are no errors; `strict`: and no warnings."""
        return not self.findings if strict else self.count(Level.ERROR) == 0

    def raise_errors(self, *topics: str) -> None:
        """Raise with the first error.

        Args:
            topics: what the ids of the rules begin with; by default all.

        Raises:
            ConfigError: there is one.
        """
        for finding in self.findings:
            if finding.level is Level.ERROR and (not topics or finding.rule.partition(".")[0] in topics):
                raise ConfigError(f"{finding.place}: {finding.message} ({finding.rule}); {finding.mend}")

    def breaks(self, topic: str) -> bool:
        """Whether there is a finding of a rule whose id begins with `topic` and a dot."""
        return any(finding.rule.startswith(f"{topic}.") for finding in self.findings)


def lint_bundle(bundle: str | Path) -> Checklist:
    """Read a bundle and apply every rule to its text; nothing of it is run, imported or downloaded.

    Args:
        bundle: folder with `configs`; anyone's.

    Returns:
        The findings; none is a good sign, and no proof: docs/reference/bundle-rules.md says what is not checked.

    Raises:
        ConfigError: no such folder, or no bundle.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "configs").mkdir()
        >>> _ = (folder / "configs" / "metadata.json").write_text('{"version": "1.0"}')
        >>> [finding.message for finding in lint_bundle(folder).findings if finding.rule == "metadata.version"]
        ['1.0 is no version']
    """
    text = BundleText(Path(bundle))
    return Checklist(Path(bundle), tuple(finding for rule in RULES for finding in rule.findings(text)))
