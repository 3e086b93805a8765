"""The tiny package that the tests of hosts use, too."""

import pytest

from hosts.packaged import tiny_package


@pytest.fixture(scope="session")
def package():
    return tiny_package()
