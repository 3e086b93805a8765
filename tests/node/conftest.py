"""A tiny model, radiographs, and nodes that several tests share, because each start of one costs seconds."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from node.objects import Radiographs, phantoms
from node.orthanc import Orthanc
from node.peers import RunningNode
from node.promises.faulty_pacs import FaultyPacs
from support import write_tiny_model


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights for `TINY_MODEL`."""
    return write_tiny_model(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def chests(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of frontal chests."""
    return phantoms(tmp_path_factory.mktemp("phantoms"))


@pytest.fixture
def radiographs(tmp_path: Path, chests: list[Path]) -> Radiographs:
    """Makes objects of this test."""
    return Radiographs(tmp_path / "modality", chests)


NodeMaker = Callable[..., RunningNode]


@pytest.fixture(scope="module")
def make_node(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Path) -> Iterator[NodeMaker]:
    """Makes nodes, and stops them at the end of the module."""
    made: list[RunningNode] = []

    def make(**options: Any) -> RunningNode:
        node = RunningNode(tmp_path_factory.mktemp("node"), weights=tiny_weights, **options)
        made.append(node)
        return node

    yield make
    for node in made:
        if node.process is not None:
            node.stop()


@pytest.fixture(scope="module")
def faulty_pacs() -> Iterator[FaultyPacs]:
    """A PACS whose mood a test sets."""
    with FaultyPacs() as pacs:
        yield pacs


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """A PACS."""
    with Orthanc(tmp_path_factory.mktemp("orthanc")) as server:
        yield server


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Path, orthanc: Orthanc) -> Iterator[RunningNode]:
    """A node with its guard, two workers and Orthanc behind it; who calls must be known."""
    node = RunningNode(
        tmp_path_factory.mktemp("hospital"),
        weights=tiny_weights,
        pacs=orthanc.address,
        allow=["MODALITY1", "MODALITY2"],
        workers=2,
        mem_mb=1000,
        lease_s=10,
        attempts=2,
    )
    try:
        yield node.start()
    finally:
        node.stop()
