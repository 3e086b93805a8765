"""Label policies and target rules written cell by cell from their definitions, to be compared with the product."""

import hashlib
import math


def reference_targets(states, findings, keys, uncertain, unmentioned, seed, smooth_ones_range, smooth_zeros_range):
    """Targets of a frame of label states as nested lists of Python floats."""
    result = []
    for position, (_, row) in enumerate(states.iterrows()):
        targets = []
        for finding in findings:
            state = row[finding]
            if state == "positive":
                target = 1.0
            elif state == "negative":
                target = 0.0
            elif state == "uncertain":
                u = reference_uniform(seed, finding, keys[position])
                target = {
                    "ignore": math.nan,
                    "ones": 1.0,
                    "zeros": 0.0,
                    "smooth_ones": _between(smooth_ones_range, u),
                    "smooth_zeros": _between(smooth_zeros_range, u),
                    "share": float(row.get(f"share_{finding}") or math.nan),
                }[uncertain]
            elif finding not in row.get("labelled", finding).split():
                target = math.nan
            elif unmentioned == "negative" or (
                unmentioned == "negative_if_no_finding"
                and row["no_finding"] == "positive"
                and finding != "no_finding"
                and finding != "support_devices"
            ):
                target = 0.0
            else:
                target = math.nan
            targets.append(target)
        result.append(targets)
    return result


def reference_uniform(seed, finding, key):
    """The leading 53 bits of BLAKE2b-64 of the three parts as a binary fraction, bit by bit."""
    digest = hashlib.blake2b(b"\0".join(str(part).encode() for part in (seed, finding, key)), digest_size=8).digest()
    bits = "".join(f"{byte:08b}" for byte in digest)[:53]
    return math.fsum(2.0 ** -(position + 1) for position, bit in enumerate(bits) if bit == "1")


def reference_first_bad_target(rows):
    """Row and column of the first value that is neither NaN nor in [0, 1]; None if there is none."""
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            if not math.isnan(value) and not 0 <= value <= 1:
                return row, column
    return None


def _between(bounds, u):
    low, high = bounds
    return low + (high - low) * u
