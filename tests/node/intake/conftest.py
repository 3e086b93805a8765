"""Doors of a node: with a DICOM service before the intake, or without."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lucency.node.intake.stow import StowService
from node.intake.door import Door
from node.intake.served import HASTY, SHORT, Served, ServedMaker


@pytest.fixture
def make_served(tmp_path: Path) -> Iterator[ServedMaker]:
    """Makes DICOM services by their settings, and stops them."""
    made: list[Served] = []

    def make(**options: object) -> Served:
        made.append(Served(tmp_path, **{"patience": SHORT} | options))
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def served(make_served: ServedMaker) -> Served:
    """A DICOM service."""
    return make_served()


@pytest.fixture
def hasty(make_served: ServedMaker) -> Served:
    """A DICOM service that waits for nobody."""
    return make_served(patience=HASTY)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """An intake that leaves nothing half received behind."""
    door = Door(tmp_path)
    yield door
    assert door.incoming() == []
    door.queue.close()


@pytest.fixture
def service(door: Door) -> StowService:
    """STOW-RS before it."""
    return StowService(door.intake, door.storage)
