"""`lucency report` and `lucency model-card` as they are called, and the page that explains them."""

import inspect
import re
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from lucency.commands import ANY_KEY
from lucency.commands.model_card import model_card
from lucency.commands.report import report
from lucency.errors import ConfigError
from lucency.results.report import Report

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "report.md"


def call(*arguments):
    app = typer.Typer()
    app.command("report", context_settings=ANY_KEY)(report)
    app.command("model-card")(model_card)
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_every_option_reaches_the_report(tmp_path, evaluation, scores, other):
    (tmp_path / "rates.csv").write_text("finding,sensitivity,specificity\nmass,0.99,0.99\n")
    (tmp_path / "second").mkdir()
    other.table.to_csv(tmp_path / "second" / "scores.csv", index=False)
    study = pd.DataFrame({"image": scores["file"].str.removeprefix("/data/"), "patient": scores["patient"]})
    study = study.assign(study="1", view="PA", age=1, sex="F", source=["a", "b"] * 80, ward=["x", "y"] * 80)
    study.assign(edema="positive").to_csv(tmp_path / "table.csv", index=False)
    out = tmp_path / "new" / "page.html"
    printed = call(
        *("report", evaluation, "--out", out, "--title", "A title", "--rule", "specificity=0.6", "--failures", 1),
        *("--compare", tmp_path / "second", "--table", tmp_path / "table.csv", "--by", "ward", "--minimum", 7),
        *("--label-rates", tmp_path / "rates.csv", "--replicates", 12, "--seed", 5),
    )
    assert printed.split() == [f"{out},", str(out.with_suffix(".json"))]
    made = Report.model_validate_json(out.with_suffix(".json").read_text())
    assert (made.title, made.minimum) == ("A title", 7)
    assert (made.provenance.replicates, made.provenance.seed) == (12, 5)
    assert {point.rule for point in made.operating_points} == {"specificity 0.6"}
    assert made.comparison.other == "second"
    assert [*made.cohort.groups] == ["sex", "age", "view", "source", "ward"]
    assert [group.images for group in made.cohort.groups["source"]] == [80, 80]
    assert [noise.finding for noise in made.label_noise] == ["mass"]
    assert len(made.failures) == 5  # hernia has no positive, so no false negative
    assert "A title" in out.read_text()


def test_a_further_option_needs_a_bundle(tmp_path, evaluation):
    with pytest.raises(
        ConfigError, match=r"--image_size: no such option; keys of a bundle's inference\.yaml need --bundle"
    ):
        call("report", evaluation, "--out", tmp_path / "page.html", "--image_size", 96)


def test_a_card_is_started_beside_the_documents_of_the_bundle(tmp_path):
    printed = call("model-card", tmp_path, "--start")
    assert (tmp_path / "docs" / "model_card.yaml").is_file()
    assert "fill it in, then run the same command without --start" in " ".join(printed.split())


@pytest.mark.parametrize("command", [report, model_card])
def test_the_page_names_every_option_and_no_other(command):
    options = {
        f"--{name.replace('_', '-')}"
        for name, one in inspect.signature(command).parameters.items()
        if one.default is not one.empty
    }
    sections = PAGE.read_text().split("## Model card")
    text = sections[0] if command is report else sections[1]
    named = {word for word in re.findall(r"--[a-z][\w-]+", text) if "_" not in word}  # keys of configurations have it
    assert named == options
