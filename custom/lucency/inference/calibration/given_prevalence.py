"""The prevalence of findings at a site, as people write it."""

from collections.abc import Mapping, Sequence

from ...errors import ConfigError
from ..yaml_mapping import read_mapping


def parse_prevalence(given: Sequence[str]) -> dict[str, float]:
    """Read ``finding=share``, or YAML files that map findings to shares; later ones win.

    Raises:
        ConfigError: neither of the two.

    Example:
        >>> parse_prevalence(["edema=0.05", "mass=0.01"])
        {'edema': 0.05, 'mass': 0.01}
    """
    remedy = "give edema=0.05, or a YAML file of lines such as 'edema: 0.05'"
    shares: dict[str, float] = {}
    for text in given:
        finding, equals, share = text.partition("=")
        shares |= _shares({finding: share} if equals else read_mapping(text, remedy), text)
    return shares


def _shares(content: Mapping[str, object], where: str) -> dict[str, float]:
    shares = {}
    for finding, share in content.items():
        try:
            shares[str(finding)] = float(str(share))
        except ValueError as error:
            raise ConfigError(f"{where}: prevalence of {finding} is {share!r}; give a share such as 0.05") from error
    return shares
