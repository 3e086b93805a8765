"""A card says what metadata, statements and report say."""

import json
import re

import numpy as np

from lucency.results.model_card import write_model_card
from lucency.results.model_card.card import FROM_METADATA
from references import atlas, resampling


def write(bundle):
    return write_model_card(bundle, bundle.parent / "report.json", bundle.parent / "card")


def test_card_says_what_its_sources_say(bundle, scores, statements):
    text = write(bundle)[0].read_text()
    metadata = json.loads((bundle / "configs" / "metadata.json").read_text())
    for key in FROM_METADATA:
        for said in metadata[key] if isinstance(metadata[key], list) else [metadata[key]]:
            assert str(said) in text
    for key, said in statements.items():
        for word in (
            said
            if isinstance(said, list)
            else [f"{k}: {v}" for k, v in said.items()]
            if isinstance(said, dict)
            else [said]
        ):
            assert word in text, key
    assert (bundle / "docs" / "data_license.txt").read_text().strip() in text
    p, y = scores.probability_edema.to_numpy(), scores.target_edema.to_numpy()
    area = resampling.auroc(p, y)
    low, high = resampling.interval(lambda rows: resampling.auroc(p[rows], y[rows]), scores.patient, 20, 0)
    blank = 100 * np.isnan(y).mean()
    counts = f"| Edema | {(y == 1).sum()} | {(y == 0).sum()} | {blank:.1f} % |"
    assert f"{counts} {area:.3f} ({low:.3f} to {high:.3f}) |" in text
    assert "| Edema | 0.25 | sensitivity 0.9 | 0.910 (0.800 to 0.970) |" in text
    for sex in "FM":
        inside = scores[scores.sex == sex]
        blank = 100 * inside[["target_edema", "target_mass"]].isna().to_numpy().mean()
        mean = np.mean(
            [
                resampling.auroc(inside[f"probability_{f}"].to_numpy(), inside[f"target_{f}"].to_numpy())
                for f in ("edema", "mass")
            ]
        )
        assert f"| sex: {sex} | {len(inside)} | {inside.patient.nunique()} | {blank:.1f} % | {mean:.3f} (" in text


def test_every_table_of_the_card_has_equal_rows(bundle):
    rows = 0
    for block in re.findall(r"(?:^\|.*\n)+", write(bundle)[0].read_text(), flags=re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1
        rows += len(block.splitlines())
    assert rows > 25


def test_atlas_accepts_the_card_and_its_figures_are_those_of_the_report(bundle):
    card = json.loads(write(bundle)[1].read_text())
    report = json.loads((bundle.parent / "report.json").read_text())
    assert atlas.complaints(card) == []
    model = card["Model"]
    assert model["Model properties"]["Use"]["Out-of-scope"] == ["Autonomous diagnosis", "Triage"]
    assert model["General metadata"]["Date"] == {"Published": "2026-12-01"}
    assert model["Imaging"]["Modalities"] == ["Computed radiography (RID10349)", "Digital radiography (RID10351)"]
    assert model["Factors"] == ["Sex"]
    results = model["Model performance"][0]["Results"]
    for figures in (*report["figures"], report["average"]):
        name = {"edema": "Edema", "mass": "Mass", "average": "mean of the findings"}[figures["finding"]]
        (found,) = [
            result
            for result in results
            if result["Index test"] == name and result["Scalar metric"].startswith("area under")
        ]
        interval = found["Confidence interval"]
        assert [found["Value"], interval["Lower limit"], interval["Upper limit"]] == [*figures["auroc"].values()]
    by_sex = {result["Subgroup"]["Value"]: result["Value"] for result in results if "Subgroup" in result}
    assert by_sex == {group["value"]: group["auroc"]["value"] for group in report["subgroups"]}
    (sensitivity,) = [result for result in results if result["Scalar metric"] == "sensitivity"]
    assert sensitivity["Index test"] == "Edema, present from 0.25 (sensitivity 0.9)"
