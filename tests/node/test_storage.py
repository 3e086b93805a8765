"""Files of a node: kept whole, published once, shared by name."""

import os
import threading
from pathlib import Path

import pytest

from lucency.errors import ConfigError
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


def test_whoever_may_look_into_the_root_sees_no_patient(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    storage = Storage(tmp_path, "one")
    folders = (storage.incoming, storage.objects, storage.reports, storage.verdicts)
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_files_belong_to_one_queue(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "one", "one")
    storage.belong_to("q1", needed=False)
    storage.keep(received(storage))
    Storage(tmp_path / "one", "two").belong_to("q1", needed=True)
    with pytest.raises(ConfigError, match="belong to another queue"):
        storage.belong_to("q2", needed=False)
    (tmp_path / "one" / "queue-id").unlink()
    with pytest.raises(ConfigError, match="not known"):
        storage.belong_to("q1", needed=False)


def test_a_queue_whose_files_are_not_mounted_is_not_served(tmp_path: Path) -> None:
    storage = Storage(tmp_path, "one")
    with pytest.raises(ConfigError, match="write q1 into") as told:
        storage.belong_to("q1", needed=True)
    assert "\n" not in str(told.value)
    (tmp_path / "queue-id").write_text("q1\n")
    storage.belong_to("q1", needed=True)
