"""A model card as RSNA ATLAS JSON, schema 2026-12, with what its procurement profile asks for."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from ...labels import Code, display_name, vocabulary
from ..report.measured import Measured
from ..report.report import LEVEL, Report
from .card import ModelCard
from .terms import MODALITIES, SCHEMA

AUROC = "area under the receiver operating characteristic curve"
FIGURES = {  # field of the report's figures: ATLAS scalar metric
    "auroc": AUROC,
    "average_precision": "average precision",
    "brier": "Brier score",
}
DECISIONS = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
}
CHEST = "CH"  # RSNA content code
SHORT = 64


def atlas_card(card: ModelCard) -> dict[str, Any]:
    """Arrange a card as RSNA ATLAS does (https://atlas.rsna.org, properties named after the ROADMAP ontology)."""
    factors = list(dict.fromkeys(group.characteristic.capitalize()[:SHORT] for group in card.report.subgroups))
    model = {
        "Name": card.metadata["name"],
        "Summary": card.metadata["description"],
        "Link": card.statements.link,
        "Indexing": _indexing(card.report),
        "General metadata": _general(card),
        "Model properties": _properties(card),
        "Imaging": {
            "Modalities": [MODALITIES[name] for name in card.statements.modalities],
            "Comments": card.metadata["data_type"],
        },
        "Model performance": [
            {
                "Evaluation dataset": {"Description": card.statements.evaluation_data},
                "Results": list(_results(card.report)),
                "Provenance": "Claimed",
            }
        ],
    }
    return {"$schema": SCHEMA, "Model": model | ({"Factors": factors} if factors else {})}


def _indexing(report: Report) -> dict[str, Any]:
    known = vocabulary()
    findings = [known.get(figure.finding) for figure in report.figures if figure.finding in known.ids]
    radlex = list(dict.fromkeys(_values([finding.radlex for finding in findings])))
    snomed = list(dict.fromkeys(int(value) for value in _values([finding.snomed for finding in findings])))
    keywords = [display_name(figure.finding)[:SHORT] for figure in report.figures]
    coded = {"RadLex": radlex, "SNOMED": snomed, "Keywords": list(dict.fromkeys(keywords))}
    return {"Content": [CHEST]} | {name: values for name, values in coded.items() if values}


def _values(codes: "list[Code | None]") -> list[str]:
    return [code.value for code in codes if code is not None]


def _general(card: ModelCard) -> dict[str, Any]:
    published = card.statements.published
    return {
        "Authors": [{"Name": card.metadata["authors"]}],
        "Contact": card.statements.contact,
        "Date": {"Published": published.isoformat() if isinstance(published, date) else published},
        "License": {"Text": card.statements.license},
        "References": [{"Title": title} for title in card.metadata["references"]],
        "Version": str(card.metadata["version"]),
    }


def _properties(card: ModelCard) -> dict[str, Any]:
    said, metadata = card.statements, card.metadata
    properties = {
        "Architecture": said.architecture,
        "Availability": said.availability,
        "Clinical risk level": said.clinical_risk_level,
        "Indications for use": said.indications,
        "Input": {"Description": f"{metadata['image_classes']}; {metadata['data_type']}"},
        "Instructions": said.instructions,
        "Limitations": said.limitations,
        "Output": {"Description": metadata["pred_classes"], "Type": "Classification"},
        "Recommendation": metadata["intended_use"],
        "Regulatory information": {
            "Authorizations": [{"Jurisdiction": where, "Status": status} for where, status in said.regulatory.items()]
        },
        "Use": {"Intended": list(said.intended_uses), "Out-of-scope": list(said.out_of_scope_uses)},
        "User": {"Intended": list(said.intended_users)},
    }
    if any(point.threshold is not None for point in card.report.operating_points):
        properties["Decision threshold"] = "One a finding; the results name it with the rule that chose it."
    return properties


def _results(report: Report) -> Iterator[dict[str, Any]]:
    tests = [display_name(figures.finding) for figures in report.figures]
    for test, figures in zip([*tests, "mean of the findings"], [*report.figures, report.average], strict=True):
        for field, metric in FIGURES.items():
            yield from _result(test, metric, getattr(figures, field))
        # without an interval: resampling raises a calibration error, so that it may miss its own estimate
        yield from _result(test, "expected calibration error", Measured(value=figures.calibration_error.value))
    for point in report.operating_points:
        if point.threshold is not None:
            test = f"{display_name(point.finding)}, present from {point.threshold:.4g} ({point.rule})"
            for field, metric in DECISIONS.items():
                yield from _result(test, metric, getattr(point, field))
    for group in report.subgroups:
        subgroup = {"Variable": group.characteristic.capitalize()[:SHORT], "Value": group.value[:SHORT]}
        for result in _result(f"mean of {group.measured} findings", AUROC, group.auroc):
            yield result | {"Subgroup": subgroup}


def _result(test: str, metric: str, measured: Measured) -> Iterator[dict[str, Any]]:
    if measured.value is None:
        return
    result: dict[str, Any] = {"Index test": test[:128], "Scalar metric": metric, "Value": measured.value}
    if measured.low is not None and measured.high is not None:
        result["Confidence interval"] = {"Level": LEVEL, "Lower limit": measured.low, "Upper limit": measured.high}
    yield result
