import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lucency.node.jobs import Job, Kind, State
from lucency.node.operations.app import node_app
from lucency.node.operations.http_server import HttpServer
from lucency.node.operations.metrics import NodeMetrics
from lucency.node.operations.page import MEANINGS, PROBLEMS, ROWS, draw_page, sentences
from lucency.node.operations.queue_collector import LATEST
from lucency.node.operations.status import REFUSALS, NodeStatus
from lucency.node.settings import node_settings
from node.operations.fakes import FakeNode, FakeQueue, job

CHROMIUM = Path("/usr/bin/chromium")
SETTINGS = node_settings(
    {"bundle": "b", "state": "s", "pacs": "PACS@127.0.0.1:4242", "workers": 2, "http": "127.0.0.1:0"}
)
PLANTED = {"sop_instance_uid": "1.2.826.0.1.777", "sender": "MUELLERS_CR", "reason": "name is MUELLER^ANNA <b>"}


def status_of(node: FakeNode, *jobs: Job) -> NodeStatus:
    model = {"name": "cxr_finding", "version": "<0.3>"}
    return NodeStatus(FakeQueue(*jobs), node, node, node, SETTINGS, model)  # type: ignore[arg-type]


def a_day(count: int = 60) -> list[Job]:
    kinds = {State.SKIPPED: Kind.REFUSED_BY_GUARD, State.DEAD: Kind.UNREADABLE}
    states = [list(State)[i % len(State)] for i in range(count)]
    return [job(i + 1, s, age=60.0 * (count - i), kind=kinds.get(s), **PLANTED) for i, s in enumerate(states)]


class Outline(HTMLParser):
    """Tags in order, cells by row, ids; complains of tags that are not closed in order."""

    VOID = frozenset({"meta", "rect"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def test_the_page_is_whole_and_accessible() -> None:
    page = draw_page(status_of(FakeNode(), *a_day()))
    outline = Outline(page)
    names = [tag for tag, _ in outline.tags]
    assert page.startswith("<!doctype html>")
    assert ("html", {"lang": "en"}) in outline.tags
    assert names.count("h1") == names.count("main") == names.count("title") == 1
    assert "script" not in names
    ids = {attributes["id"] for _, attributes in outline.tags if "id" in attributes}
    labels = [attributes["aria-labelledby"] for _, attributes in outline.tags if "aria-labelledby" in attributes]
    assert set(labels) <= ids
    assert len(labels) >= names.count("section")
    assert all(attributes.get("scope") in ("col", "row") for tag, attributes in outline.tags if tag == "th")
    assert all(attributes["aria-label"] for tag, attributes in outline.tags if tag == "svg")
    assert not [attributes for _, attributes in outline.tags if "style" in attributes]  # forbidden by our own policy


def test_it_shows_the_latest_jobs_without_their_owners() -> None:
    jobs = a_day()
    page = draw_page(status_of(FakeNode(), *jobs))
    rows = [row for row in Outline(page).rows if row[0].isdigit()]
    assert [int(row[0]) for row in rows] == [one.id for one in reversed(jobs)][:ROWS]
    assert rows[0][1] == "60 s"
    dead = next(row for row in rows if row[2].startswith("dead"))
    assert dead[2].split() == ["dead", "unreadable"]
    sent = next(row for row in rows if row[2] == "sent")
    assert sent[3:] == ["2.0 s"] * 3
    queued = next(row for row in rows if row[2] == "queued")
    assert queued[3:] == ["–"] * 3
    assert not re.search(r"MUELLER|ANNA|1\.2\.826|MUELLERS_CR|name is", page)


def test_what_is_shown_is_escaped() -> None:
    page = draw_page(status_of(FakeNode()))
    assert "&lt;0.3&gt;" in page
    assert "<0.3>" not in page


def test_bars_are_as_high_as_the_counts() -> None:
    jobs = [job(i, State.SENT, age=100 + i, took=1) for i in range(1, 41)]
    page = draw_page(status_of(FakeNode(), *jobs))
    bars = [attributes for tag, attributes in Outline(page).tags if tag == "rect"]
    assert {bar["class"] for bar in bars} == {"received", "sent"}
    assert [float(bar["height"] or 0) for bar in bars] == [80.0, 80.0]  # 40 of 50
    assert all(float(bar["y"] or 0) + float(bar["height"] or 0) == 100 for bar in bars)
    assert "40 images received and 40 sent in the last 6 hours" in page


def test_what_was_not_counted_is_shown_as_such() -> None:
    page = draw_page(status_of(FakeNode(), *(job(i, State.SENT, age=7_000) for i in range(LATEST + 1))))
    assert "not fully counted" in page
    unknown = [a for tag, a in Outline(page).tags if tag == "rect" and a["class"] == "unknown"]
    assert [int(bar["width"] or 0) for bar in unknown] == [17 * 20]  # 7,000 s are 7.8 slices of 24


@pytest.mark.parametrize(
    ("node", "word", "sentence"),
    [
        (FakeNode(), "OK.", "ready, and nothing waits"),
        (FakeNode(pacs="unreachable"), "Degraded.", "PACS cannot be reached"),
        (FakeNode(workers_ready=0), "Degraded.", "No worker is ready"),
        (FakeNode(refused="disk"), "Degraded.", "disk is nearly full"),
        (FakeNode(refused="stopping"), "Stopping.", "is stopping"),
    ],
)
def test_the_state_is_one_sentence(node: FakeNode, word: str, sentence: str) -> None:
    page = draw_page(status_of(node))
    assert word in page
    assert sentence in page


def test_a_lost_queue_leaves_a_page() -> None:
    status = status_of(FakeNode())
    status._queue.failure = RuntimeError("MUELLER")  # type: ignore[attr-defined]
    page = draw_page(status)
    assert "The queue cannot be read" in page
    assert "MUELLER" not in page
    Outline(page)


def test_every_word_has_its_sentence() -> None:
    assert set(MEANINGS) == set(State)
    assert set(REFUSALS.values()) <= set(PROBLEMS)
    jobs = {state.value: 0 for state in State}
    assert sentences({"problems": [], "jobs": jobs | {"queued": 1}}) == ["The node is working: 1 image is on its way."]


@pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed")
def test_a_browser_shows_it(tmp_path: Path) -> None:
    status = status_of(FakeNode(pacs="unreachable"), *a_day())
    server = HttpServer(SETTINGS, node_app(status, NodeMetrics()))
    server.start()
    try:
        command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        command += [f"--user-data-dir={tmp_path}", "--enable-logging=stderr", "--dump-dom"]
        address = f"http://127.0.0.1:{server.port}/"
        done = subprocess.run([*command, address], capture_output=True, text=True, timeout=60, check=False)
    finally:
        server.stop()
    assert "The PACS cannot be reached" in done.stdout
    rows = re.findall(r'<th scope="row">(\d+)</th>', done.stdout)
    assert len(rows) == ROWS
    assert "Content Security Policy" not in done.stderr  # a browser that refuses the style says so
    assert not re.search(r"MUELLER|1\.2\.826", done.stdout)
