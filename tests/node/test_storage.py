"""Files of a node: kept whole, published once, shared by name."""

import os
import threading
from pathlib import Path

import pytest

from lucency.node.storage import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path, "one")


def received(storage: Storage, content: bytes = b"object") -> Path:
    file = storage.incoming / "received"
    file.write_bytes(content)
    return file


def test_an_object_is_moved_and_its_path_holds_for_another_node(storage: Storage, tmp_path: Path) -> None:
    path = storage.keep(received(storage))
    assert (Storage(tmp_path, "two").root / path).read_bytes() == b"object"
    assert not list(storage.incoming.iterdir())
    assert Storage(tmp_path, "two").incoming != storage.incoming


def test_content_and_names_are_on_disk_before_keep_returns(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[str, Path]] = []
    replace = os.replace
    monkeypatch.setattr("lucency.node.storage.sync", lambda path: done.append(("sync", Path(path))))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append(("move", Path(b))), replace(a, b)))
    file = received(storage)
    target = storage.root / storage.keep(file)
    assert done == [("sync", storage.objects), ("sync", file), ("move", target), ("sync", target.parent)]


def test_removing_twice_is_no_error_and_no_path_is_no_file(storage: Storage) -> None:
    path = storage.keep(received(storage))
    storage.remove(path)
    storage.remove(path)
    storage.remove("")
    assert not (storage.root / path).exists()
    assert storage.root.is_dir()


def test_a_publication_appears_whole(storage: Storage) -> None:
    with storage.publication("7") as folder:
        (folder / "2-b.dcm").write_bytes(b"b")
        (folder / "1-a.dcm").write_bytes(b"a")
        assert storage.published("7") == ()
    assert storage.published("7") == ("reports/7/1-a.dcm", "reports/7/2-b.dcm")
    storage.withdraw("7")
    assert storage.published("7") == ()


def test_a_publication_that_fails_leaves_nothing(storage: Storage) -> None:
    def fail() -> None:
        with storage.publication("7") as folder:
            (folder / "1-a.dcm").write_bytes(b"a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(storage.reports.iterdir()) == []


def test_the_first_publication_stands_byte_by_byte(storage: Storage) -> None:
    barrier = threading.Barrier(4)

    def publish(number: int) -> None:
        with storage.publication("7") as folder:
            (folder / "1-a.dcm").write_bytes(bytes([number]))
            (folder / f"only-{number}").write_bytes(b"")
            barrier.wait()

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first = (storage.reports / "7" / "1-a.dcm").read_bytes()[0]
    assert storage.published("7") == ("reports/7/1-a.dcm", f"reports/7/only-{first}")
    publish_again = storage.publication("7")
    with publish_again as folder:
        (folder / "1-a.dcm").write_bytes(b"later")
    assert (storage.root / storage.published("7")[0]).read_bytes() == bytes([first])
    assert [folder.name for folder in storage.reports.iterdir()] == ["7"]


def test_free_space_is_in_megabytes(storage: Storage) -> None:
    status = os.statvfs(storage.root)
    assert storage.free_mb() == pytest.approx(status.f_bavail * status.f_frsize / 1e6, rel=0.01)
