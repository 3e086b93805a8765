"""What RSNA ATLAS (model schema 2026-12, procurement profile) asks of a card, written down anew for the keys we use."""

from typing import Any

METRICS = {
    "area under the receiver operating characteristic curve",
    "average precision",
    "expected calibration error",
    "Brier score",
    "sensitivity",
    "specificity",
    "positive predictive value",
    "negative predictive value",
}
TEXTS = {  # shortest, longest
    "Name": (4, 256),
    "Summary": (1, 2500),
    "Link": (4, 256),
    "Contact": (2, 512),
    "Version": (2, 128),
    "Text": (2, 512),
    "Title": (2, 512),
    "Architecture": (2, 512),
    "Availability": (2, 512),
    "Clinical risk level": (1, 64),
    "Decision threshold": (2, 512),
    "Indications for use": (2, 512),
    "Description": (1, 512),
    "Instructions": (2, 512),
    "Limitations": (2, 512),
    "Recommendation": (2, 512),
    "Comments": (2, 256),
    "Index test": (1, 128),
    "Variable": (1, 64),
}
PROPERTIES = """\
Architecture|Availability|Clinical risk level|Indications for use|Input|Instructions|Limitations|Output|\
Regulatory information|Use|User"""
KEYS = {  # of each object: required, allowed beside these
    "Model": (
        "Name|Link|Summary|General metadata|Imaging|Model properties|Model performance",
        "Indexing|Factors",
    ),
    "General metadata": ("Authors|Contact|Date|Version|License", "References"),
    "Model properties": (PROPERTIES, "Decision threshold|Recommendation"),
    "Imaging": ("Modalities", "Comments"),
    "Use": ("Intended|Out-of-scope", ""),
    "User": ("Intended", ""),
    "Input": ("Description", ""),
    "Output": ("Description", "Type"),
    "Date": ("Published", ""),
    "License": ("Text", ""),
    "Indexing": ("Content", "RadLex|SNOMED|Keywords"),
    "Evaluation dataset": ("Description", ""),
    "Confidence interval": ("Level|Lower limit|Upper limit", ""),
    "Subgroup": ("Variable|Value", ""),
    "Regulatory information": ("Authorizations", ""),
}


def complaints(card: dict[str, Any]) -> list[str]:
    """Everything that is missing, superfluous, too short or too long, or not among the metrics."""
    found = [] if card["$schema"] == "https://atlas.rsna.org/schemas/2026-12/model.json" else ["$schema"]
    if set(card) != {"$schema", "Model"}:
        found.append("keys of the card")
    return found + _walk("Model", card["Model"])


def _walk(name: str, value: Any) -> list[str]:
    found = []
    if isinstance(value, dict):
        if name in KEYS:
            required, allowed = ({key for key in part.split("|") if key} for part in KEYS[name])
            found += [f"{name}: {key} is missing" for key in required - set(value)]
            found += [f"{name}: {key} is not allowed" for key in set(value) - required - allowed]
        if "Scalar metric" in value:
            numbers = [value["Value"], *value.get("Confidence interval", {}).values()]
            found += [] if value["Scalar metric"] in METRICS else [f"metric {value['Scalar metric']}"]
            found += [] if all(isinstance(number, float) for number in numbers) else ["a figure is no number"]
        for key, inner in value.items():
            found += _walk(key, inner)
    elif isinstance(value, list):
        if not value or (name not in ("Results",) and len({str(one) for one in value}) < len(value)):
            found.append(f"{name}: is empty or repeats itself")
        for inner in value:
            found += _walk(name, inner)
    elif isinstance(value, str) and name in TEXTS:
        shortest, longest = TEXTS[name]
        found += [] if shortest <= len(value) <= longest else [f"{name}: {len(value)} characters"]
    elif value is None:
        found.append(f"{name}: nothing")
    return found
