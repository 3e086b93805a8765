"""A browser shows the page without anything hanging over the edge, on a desk and on a phone, and prints it to A4."""

import html
import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lucency.results import write_report
from lucency.results.report import Additions, OtherModel, ReportSettings

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,1000",
)
FRAME = """<!doctype html><body style="margin:0"><iframe id="page" width="{width}" height="900" style="border:0"
srcdoc="{page}"></iframe><pre id="found"></pre><script>
document.getElementById("page").onload = function () {{
  const root = this.contentDocument.documentElement;
  const over = [...root.querySelectorAll("body *")].filter(
    one => !one.closest(".scroll") && !one.closest("svg") && one.getBoundingClientRect().right > root.clientWidth + 1);
  const broken = [...root.querySelectorAll("img")].filter(one => !one.naturalWidth).length;
  document.getElementById("found").textContent = JSON.stringify({{
    width: root.clientWidth, content: root.scrollWidth, over: over.map(one => one.tagName + "." + one.className),
    pictures: root.querySelectorAll("img").length, broken: broken,
    curves: [...root.querySelectorAll("path.curve")].filter(one => one.getTotalLength() > 50).length,
  }});
}};
</script>"""


@pytest.fixture
def page(tmp_path, scores, other):
    """A report with long names, pictures and a comparison."""
    Image.fromarray(np.tile(np.linspace(0, 255, 60).astype(np.uint8), (50, 1))).save(tmp_path / "image.png")
    files = [str(tmp_path / "image.png")] + [f"/data/{'long-name-' * 8}{row}.dcm" for row in range(1, len(scores))]
    device = [f"A Maker of Radiographic Equipment, model {number % 14}" for number in range(len(scores))]
    table = scores.assign(
        file=files, device=device, probability_edema=scores.probability_edema.where(scores.index > 0, 1)
    )
    table.loc[0, "target_edema"] = 0
    for name, part in (("this", table), ("that", other.table.assign(file=files))):
        (tmp_path / name).mkdir()
        part.assign(target_edema=table.target_edema).to_csv(tmp_path / name / "scores.csv", index=False)
    return write_report(
        tmp_path / "this",
        tmp_path / "report.html",
        settings=ReportSettings(title="A report", replicates=10, minimum=3, failures=1),
        additions=Additions(other=OtherModel.read(tmp_path / "that")),
    )


@pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed")
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_hangs_over_the_edge(page, tmp_path, width):
    (tmp_path / "frame.html").write_text(FRAME.format(width=width, page=html.escape(page.read_text())))
    command = [str(CHROMIUM), *OPTIONS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    shown = subprocess.run(
        [*command, f"file://{tmp_path / 'frame.html'}"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    found = json.loads(html.unescape(re.findall(r'<pre id="found">(.*?)</pre>', shown)[0]))
    assert width - 20 <= found["width"] <= width
    assert found["content"] == found["width"]
    assert found["over"] == []
    assert (found["pictures"], found["broken"]) == (1, 0)
    assert found["curves"] == 4  # ROC and precision-recall of the two findings that have them


@pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed")
def test_it_prints_to_a4(page, tmp_path):
    command = [str(CHROMIUM), *OPTIONS, f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer"]
    subprocess.run(
        [*command, f"--print-to-pdf={tmp_path / 'report.pdf'}", f"file://{page}"],
        capture_output=True,
        timeout=60,
        check=True,
    )
    boxes = re.findall(rb"/MediaBox \[([\d. ]+)\]", (tmp_path / "report.pdf").read_bytes())
    millimetres = {tuple(round(float(side) / 72 * 25.4) for side in box.split()) for box in boxes}
    assert millimetres == {(0, 0, 210, 297)}
