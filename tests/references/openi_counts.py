"""Label states of Open-I's reports, counted with regular expressions on the raw text of each."""

import re
import tarfile
from collections import Counter

from references.padchest_counts import spellings


def openi_counts(path):
    """Images, reports with an image, and for each finding: images a state and images whose report labels it."""
    finding_of = spellings("openi")
    findings = sorted(set(finding_of.values()))
    images, reports = [], 0
    positive, uncertain, labelled = Counter(), Counter(), Counter()
    everything_labelled = 0
    with tarfile.open(path) as archive:
        texts = [archive.extractfile(member).read().decode() for member in archive if member.isfile()]
    for text in texts:
        names = re.findall(r'<parentImage id="([^"]+)">', text)
        images += names
        reports += bool(names)
        certain, doubtful = set(), set()
        headings = re.findall(r"<major>([^<]*)</major>", text)
        for heading in headings:
            name, *qualifiers = [part.strip() for part in heading.split("/")]
            fitting = {name} | {name + "/" + qualifier for qualifier in qualifiers}
            found = {finding_of[spelling] for spelling in fitting if spelling in finding_of}
            if name == "Calcinosis" and {"hilum", "lymph nodes"} & set(qualifiers):
                found = set()
            if name == "Tuberculosis" and "healed" in qualifiers:
                found = set()
            if name in ("Hydropneumothorax", "Hemopneumothorax"):
                found |= {"effusion", "pneumothorax"}
            if "borderline" in qualifiers:
                doubtful |= found
            else:
                certain |= found
        for _ in names:
            positive.update(certain)
            uncertain.update(doubtful - certain)
            if any(heading.startswith(("No Indexing", "Technical Quality")) for heading in headings):
                labelled.update(certain | doubtful)
            else:
                everything_labelled += 1
    return {
        "images": images,
        "reports": reports,
        "findings": {
            finding: {
                "positive": positive[finding],
                "negative": 0,
                "uncertain": uncertain[finding],
                "unmentioned": len(images) - positive[finding] - uncertain[finding],
                "labelled": everything_labelled + labelled[finding],
            }
            for finding in findings
        },
    }
