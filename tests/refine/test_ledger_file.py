"""What kills, other processes, full disks and strange files do to a ledger."""

import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from lucency.errors import LucencyError, TableError
from lucency.refine import LabelEntry, Ledger, LedgerError
from references.ledger import table_after

IMAGES, PER_BATCH = 300, 6

WRITER = """
import sys
from lucency.refine import Ledger
from lucency.refine import LabelEntry

path, reader, per_batch = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Ledger.open(path) as ledger:
    cells = ledger.asked(1)
    for start in range(0, len(cells), per_batch):
        ledger.record([
            LabelEntry(image=image, finding=finding, state="negative", source=f"{start}", reader=reader, round=1)
            for image, finding in cells[start : start + per_batch]
        ])
        print(start, flush=True)
"""


def wide_table():
    about = {"study": "", "view": "PA", "age": 61.0, "sex": "F", "source": "nih"}
    rows = [{"image": f"{n}.png", "patient": str(n), **about, "mass": "positive"} for n in range(IMAGES)]
    return pd.DataFrame(rows).astype(
        {column: str for column in (*about, "image", "patient", "mass") if column != "age"}
    )


def start_writer(path, reader):
    command = [sys.executable, "-c", WRITER, str(path), reader, str(PER_BATCH)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def said(at, reader="R1", state="negative"):
    return LabelEntry(image=f"{at}.png", finding="mass", state=state, source="", reader=reader, round=1)


@pytest.fixture
def path(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", wide_table()) as ledger:
        ledger.ask(1, [(f"{n}.png", "mass") for n in range(IMAGES)])
    return tmp_path / "ledger.sqlite"


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_loses_nothing_acknowledged_and_leaves_no_half(path, seed):
    chance = random.Random(seed)
    writer = start_writer(path, "R1")
    acknowledged = [writer.stdout.readline() for _ in range(chance.randint(1, 12))]
    time.sleep(chance.uniform(0, 0.02))
    writer.send_signal(signal.SIGKILL)
    acknowledged += writer.stdout.readlines()
    writer.stdout.close()
    assert writer.wait() == -signal.SIGKILL
    with Ledger.open(path) as ledger:
        kept = pd.Series([entry.source for entry in ledger.verdicts()]).value_counts()
        assert {line.strip() for line in acknowledged} <= set(kept.index)
        assert set(kept) == {PER_BATCH}
        assert len(kept) <= len(acknowledged) + 1
        assert_frame_equal(ledger.frame(), table_after(wide_table(), ledger.verdicts(), 1))


def test_an_import_that_is_killed_leaves_no_ledger(path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "link", killed)
    with pytest.raises(KeyboardInterrupt):
        Ledger.create(path.with_name("other.sqlite"), wide_table())
    assert [file.name for file in path.parent.iterdir()] == ["ledger.sqlite"]


def test_writers_queue_up_and_readers_go_on(path):
    readers = ("R1", "R2")
    writers = [start_writer(path, reader) for reader in readers]
    counts = []
    with Ledger.open(path, read_only=True) as ledger:
        while any(writer.poll() is None for writer in writers):
            frame = ledger.frame()
            counts.append(int(frame["mass"].eq("negative").sum()))
            assert counts[-1] % PER_BATCH == 0
            time.sleep(0.01)
    for writer in writers:
        assert len(writer.stdout.readlines()) == IMAGES // PER_BATCH
        writer.stdout.close()
        assert writer.returncode == 0
    assert counts == sorted(counts)
    with Ledger.open(path) as ledger:
        assert ledger.rounds()["verdicts"].tolist() == [2 * IMAGES]


def test_a_reader_sees_nothing_of_an_unfinished_step_and_a_writer_gives_up_in_the_end(path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO batches VALUES (3, 'verdicts', 'x', 1, '', '')")
    other.execute("INSERT INTO verdicts VALUES (1, 0, 'mass', 'R9', 'negative', '', '', '', 3)")
    with Ledger.open(path, patience=0.05) as ledger:
        assert ledger.frame()["mass"][0] == "positive"
        with pytest.raises(LedgerError, match="another process keeps writing to it; wait for that one and repeat"):
            ledger.record([said(1)])
        other.execute("COMMIT")
        assert ledger.frame()["mass"][0] == "negative"
        ledger.record([said(1)])
    other.close()


def test_reading_only(path):
    with Ledger.open(path, read_only=True) as ledger:
        assert len(ledger.frame()) == IMAGES
        with pytest.raises(LedgerError, match="cannot be written; open it without read_only"):
            ledger.record([said(0)])
    with pytest.raises(LedgerError, match="Cannot operate on a closed database"):
        ledger.frame()


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="users are those of POSIX")
def test_reading_where_one_may_not_write(path):
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name) / "ledger.sqlite"
        archive.write_bytes(path.read_bytes())
        archive.chmod(0o444)
        Path(name).chmod(0o555)
        privileged = os.geteuid() == 0
        if privileged:
            os.seteuid(65534)  # root may write everywhere
        try:
            with Ledger.open(archive, read_only=True) as ledger:
                assert ledger.frame()["mass"].eq("positive").all()
            with pytest.raises(LucencyError, match=r"second\.sqlite: cannot be written \(Permission denied\)"):
                Ledger.create(Path(name) / "second.sqlite", wide_table())
        finally:
            if privileged:
                os.seteuid(0)
            Path(name).chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "seteuid") or os.geteuid() != 0, reason="only root can become somebody else")
def test_a_link_where_one_may_not_write_shows_what_is_being_written():
    with tempfile.TemporaryDirectory() as shared, tempfile.TemporaryDirectory() as links:
        path, link = (Path(folder) / "ledger.sqlite" for folder in (shared, links))
        with Ledger.create(path, wide_table()) as ledger:
            ledger.ask(1, [("0.png", "mass")])
            ledger.record([said(0)])  # still in the log beside the file
            link.symlink_to(path)
            for file in (Path(shared), *Path(shared).iterdir()):
                file.chmod(0o777)
            Path(links).chmod(0o555)
            os.seteuid(65534)
            try:
                with Ledger.open(link, read_only=True) as seen:
                    assert seen.verdicts() == ledger.verdicts()
            finally:
                os.seteuid(0)


def test_a_full_disk_keeps_what_was_recorded(path):
    with Ledger.open(path) as ledger:
        ledger.record([said(0)])
        pages = ledger._database.execute("PRAGMA page_count").fetchone()[0]
        ledger._database.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(
            LedgerError, match=r"the disk is full; nothing of this step is kept.*; free space and repeat"
        ):
            ledger.record([said(n, state="uncertain") for n in range(1, IMAGES)])
        assert len(ledger.verdicts()) == 1
        ledger._database.execute("PRAGMA max_page_count = 1000000")
        assert not ledger.record([said(n, state="uncertain") for n in range(1, IMAGES)]).repeated
    with Ledger.open(path) as ledger:
        assert len(ledger.verdicts()) == IMAGES


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
from lucency.refine import Ledger
from lucency.refine import LabelEntry
ledger = Ledger.open(sys.argv[1])
entries = [LabelEntry(image=i, finding=f, state="negative", source="s" * 100, reader="R1", round=1)
           for i, f in ledger.asked(1)]
ledger.record(entries[:1])
try:
    ledger.record(entries[1:])
except ValueError as error:
    print(type(error).__name__, error)
"""


def test_a_write_that_the_system_refuses_keeps_what_was_recorded(path):
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), "60000"], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(rf"LedgerError {path}: .*; nothing of this step is kept, .* and repeat\n", run.stdout)
    with Ledger.open(path) as ledger:
        assert len(ledger.verdicts()) == 1


def test_nothing_is_written_over(path):
    for name in (path, path.parent):
        with pytest.raises(LedgerError, match="exists already; open it, or choose another name"):
            Ledger.create(name, wide_table())


def test_a_ledger_that_another_process_made_meanwhile_stays(path, monkeypatch):
    before = path.read_bytes()
    monkeypatch.setattr(Path, "exists", lambda self: False)
    with pytest.raises(LedgerError, match="exists already"):
        Ledger.create(path, wide_table())
    assert path.read_bytes() == before


def _cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _scribble(path):
    content = bytearray(path.read_bytes())
    content[8192:16384] = bytes(8192)
    path.write_bytes(content)


def _later(path):
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 2")
    raw.close()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.write_text("image,patient\n" * 100), "is no ledger; name a file that Ledger.create made"),
        (lambda path: path.write_bytes(b""), "is no ledger"),
        (lambda path: (path.unlink(), sqlite3.connect(path).execute("CREATE TABLE t (x)")), "is no ledger"),
        (_later, "is of version 2, later than 1, which is known here; update Lucency"),
        (_cut, r"is damaged \(.*\); restore a copy"),
        (_scribble, r"is damaged \(.*\); restore a copy"),
    ],
    ids=["text", "empty", "foreign", "later", "cut", "scribbled"],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_what_is_no_whole_ledger_is_said_in_one_line(path, spoil, message, read_only):
    spoil(path)
    with pytest.raises(LedgerError, match=message) as caught:
        Ledger.open(path, read_only=read_only)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_ledger_that_is_not_there(path):
    with pytest.raises(TableError, match=r"no such file; .*; did you mean '.*ledger\.sqlite'"):
        Ledger.open(path.with_name("ledgr.sqlite"))
    assert not path.with_name("ledgr.sqlite").exists()


def test_names_with_signs_of_addresses(tmp_path):
    path = tmp_path / "a folder" / "50% of #1?.sqlite"
    with Ledger.create(path, wide_table()) as ledger:
        assert ledger.path == path
    assert path.is_file()
