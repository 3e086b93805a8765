import pytest

from lucency.inference.guard import InputGuard


@pytest.fixture(scope="session")
def guard():
    return InputGuard()
