"""Whether the optional packages of a node are there, asked before anything is imported or started."""

from importlib.util import find_spec

PACKAGES = ("highdicom", "pynetdicom", "dicomweb_client", "waitress", "prometheus_client")
"""What every node imports, sooner or later; psycopg is for a shared queue alone."""


def check_packages() -> None:
    """Find the packages of a node.

    Raises:
        ConfigError: some are not installed.
    """
    from ..errors import ConfigError

    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        raise ConfigError(f"a node needs {', '.join(missing)}; pip install 'lucency[serve]'")
