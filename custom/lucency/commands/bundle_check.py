"""`lucency bundle check`: the rules of a zoo-ready bundle, then its golden test."""

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .model_settings import add_trained_settings

if TYPE_CHECKING:
    from rich.console import Console

    from ..release.check import BackendCheck
    from ..release.checklist import Checklist


def check(
    context: typer.Context,
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle; anyone's.")],
    weights: Annotated[Path | None, typer.Option(help="Weights, with golden.json beside them.")] = None,
    backend: Annotated[list[str] | None, typer.Option(help="Golden test of only this one; repeatable.")] = None,
    static: Annotated[bool, typer.Option("--static", help="Only read: run nothing of the bundle.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    as_json: Annotated[str | None, typer.Option("--json", help="File for the findings as JSON, or - .")] = None,
) -> None:
    """Check a bundle against the rules of a model zoo, then compare what it answers with its golden probabilities.

    The rules read text and run nothing (docs/reference/bundle-rules.md). If they find no error and the bundle has
    golden/golden.json, every installed backend is compared with it. Exit status 1: an error, or with --strict a
    warning, or a probability that differs by over 0.0001.

    Every further option is a key of inference.yaml or a folder of choices, as `lucency predict` takes it.
    """
    from ..errors import ConfigError
    from ..options import parse_options
    from ..release.checklist import Level, lint_bundle
    from ..terminal import console

    overrides = parse_options(context.args)
    if weights is not None:
        overrides = add_trained_settings(bundle, weights, overrides)
    asked = weights is not None or bool(backend) or bool(overrides)
    if static and asked:
        raise ConfigError(
            "--static runs nothing, so that there is no use for weights, backends or keys; leave them out"
        )
    checklist = lint_bundle(bundle)
    screen = console()
    if as_json != "-":
        _show_findings(screen, checklist)
    obstacle = "--static" if static else _obstacle(bundle)
    if checklist.count(Level.ERROR):
        obstacle = "the rules found errors; mend them first"
    elif asked:
        obstacle = None
    backends: Sequence[BackendCheck] = ()
    if obstacle is None:
        backends = _golden(screen, bundle, weights, backend, overrides, quiet=as_json == "-")
    good = checklist.passes(strict=strict) and not any(row.is_fault for row in backends)
    if as_json is not None:
        _write_json(as_json, checklist, backends, obstacle, good=good, strict=strict)
    if as_json != "-" and obstacle is not None:
        screen.print(f"golden test: left out ({obstacle})", highlight=False, markup=False)
    if not good:
        raise typer.Exit(1)


def _obstacle(bundle: Path) -> str | None:
    """Why the bundle's own golden test cannot be made; read without PyTorch, which most bundles need not wait for."""
    golden = bundle / "golden" / "golden.json"
    try:
        weights = json.loads(golden.read_text(encoding="utf-8"))["weights"]
    except FileNotFoundError:
        return f"there is no {golden}"
    except (OSError, ValueError, KeyError, TypeError):
        return None  # the test itself says what is wrong with the file
    if "seeded" not in weights and not (bundle / "models" / "model.pt").is_file():
        return f"{golden} is of weights that are not in the bundle; give --weights"
    return None


def _golden(
    screen: "Console",
    bundle: Path,
    weights: Path | None,
    names: list[str] | None,
    overrides: dict[str, Any],
    *,
    quiet: bool,
) -> "list[BackendCheck]":
    from rich.markup import escape
    from rich.table import Table

    if quiet:  # what libraries print must not get among the JSON
        with redirect_stdout(sys.stderr):
            from ..release.check import check_bundle

            return check_bundle(bundle, weights=weights, backends=names, overrides=overrides)
    from ..release.check import check_bundle

    with screen.status("golden test") as status:
        checks = check_bundle(bundle, weights=weights, backends=names, overrides=overrides, report=status.update)
    table = Table(title=f"{bundle}: {'golden test' if weights is None else weights}")
    for heading in ("backend", "outcome", "largest difference", "reason"):
        table.add_column(heading)
    for row in checks:
        gap = "" if row.max_difference is None else f"{row.max_difference:.1e}"
        table.add_row(row.backend, row.outcome, gap, escape(row.reason or ""))
    screen.print(table)
    return checks


def _show_findings(screen: "Console", checklist: "Checklist") -> None:
    from rich.text import Text

    from ..release.checklist import RULES, Level

    for finding in checklist.findings:
        line = Text(f"{finding.place}: ", style="bold")
        line.append(finding.level.value, style="red" if finding.level is Level.ERROR else "yellow")
        line.append(f" {finding.rule}", style="dim")
        screen.print(line, soft_wrap=True)
        screen.print(Text(f"    {finding.message}"), soft_wrap=True)
        screen.print(Text(f"    mend: {finding.mend}", style="green"), soft_wrap=True)
    errors, warnings = (checklist.count(level) for level in Level)
    screen.print(f"{checklist.bundle}: {len(RULES)} rules, {errors} errors, {warnings} warnings", highlight=False)


def _write_json(
    target: str,
    checklist: "Checklist",
    backends: "Sequence[BackendCheck]",
    obstacle: str | None,
    *,
    good: bool,
    strict: bool,
) -> None:
    from dataclasses import asdict

    from .. import __version__
    from ..files import write_atomically
    from ..release.checklist import Level
    from ..release.checklist.finding import inert

    content = {
        "lucency": __version__,
        "bundle": inert(str(checklist.bundle)),
        "passes": good,
        "strict": strict,
        "errors": checklist.count(Level.ERROR),
        "warnings": checklist.count(Level.WARNING),
        "findings": [finding.as_dict() for finding in checklist.findings],
        "golden": {"left_out": obstacle, "backends": [asdict(row) for row in backends]},
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        write_atomically(target, text)
