"""Print the keys of every bundle or the verbs of the command line as Markdown, or renew the pages made of them.

Usage: python scripts/reference_pages.py configuration|commands
       python scripts/reference_pages.py docs/reference/configuration.md docs/reference/commands.md
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from typer.main import get_command

from lucency.cli import command_line
from pages import renew, table

BUNDLES = sorted((Path(__file__).parents[1] / "bundles").glob("*/configs"))
WORKFLOWS = ("train", "evaluate", "inference")
_NO_KEYS = {"imports", "initialize", "run", "finalize"}


def code(value: object) -> str:
    """A value as code in a cell of a table."""
    return f"`{str(value).replace('|', chr(92) + '|')}`"


def keys(file: Path) -> Iterator[tuple[str, str, str]]:
    """Name, default and comment of every key at the top of a file that holds no component."""
    text = file.read_text()
    lines = text.splitlines()
    for key, value in yaml.compose(text, yaml.SafeLoader).value:
        inner = [node for pair in value.value for node in pair] if isinstance(value, yaml.MappingNode) else []
        if key.value in _NO_KEYS or "#" in key.value or inner or not hasattr(value, "value"):
            continue
        if isinstance(value, yaml.SequenceNode) and not all(isinstance(one, yaml.ScalarNode) for one in value.value):
            continue
        block = isinstance(value, yaml.SequenceNode) and not value.flow_style
        shown = [one.value for one in value.value] if isinstance(value, yaml.SequenceNode) else value.value or "{}"
        first = lines[key.start_mark.line] if block else lines[key.start_mark.line][value.end_mark.column :]
        comment = first.partition(" # ")[2]
        default = f"{len(shown)} names" if block and len(shown) > 4 else code(shown)
        yield key.value, default, comment.replace("|", "or")


def name(configs: Path) -> str:
    """Name of a bundle without what all names share."""
    return configs.parent.name.removeprefix("cxr_").removesuffix("_classification")


def first_comment(file: Path) -> str:
    """What a file says of itself."""
    return file.read_text().partition("\n")[0].removeprefix("# ")


def configuration() -> str:
    """Keys of each workflow, those that bundles share once; and the choices of each bundle."""
    parts = []
    for workflow in WORKFLOWS:
        found: dict[tuple[str, str, str], list[str]] = {}
        for configs in BUNDLES:
            for row in keys(configs / f"{workflow}.yaml"):
                found.setdefault(row, []).append(name(configs))
        order = list(dict.fromkeys(row[0] for row in found))
        rows = [
            (code(key), default, comment, "all" if len(where) == len(BUNDLES) else ", ".join(where))
            for (key, default, comment), where in sorted(found.items(), key=lambda item: order.index(item[0][0]))
        ]
        parts.append(f"## {workflow}\n\n{table(('key', 'default', 'what', 'bundles'), rows)}")
    choices = [
        (name(configs), code(f"--{file.parent.name} {file.stem}"), first_comment(file))
        for configs in BUNDLES
        for file in sorted(configs.glob("*/*.yaml"))
    ]
    return "\n".join([*parts, f"## Choices\n\n{table(('bundle', 'option', 'what'), choices)}"])


def described(command: Any, path: str) -> Iterator[str]:
    """A verb with its arguments and options, and the verbs below it."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    told = (f"```\n{one[1:].strip()}\n```" if one.startswith("\b") else one for one in paragraphs)
    yield f"## {path}\n\n" + "\n\n".join(told) + "\n"
    rows = [
        (code(" ".join(part.opts) if part.param_type_name == "option" else part.name), default(part), part.help or "")
        for part in command.params
        if part.name not in ("help", "version")
    ]
    if rows:
        yield table(("argument or option", "default", "what"), rows)
    for verb, below in getattr(command, "commands", {}).items():
        yield from described(below, f"{path} {verb}")


def default(part: Any) -> str:
    """What is taken where nothing is given; this machine's number of processors is none."""
    if part.required:
        return "required"
    if part.default is None or part.default is False or callable(part.default) or part.name == "workers":
        return ""
    return code(", ".join(map(str, part.default)) if isinstance(part.default, list | tuple) else part.default)


def commands() -> str:
    """Every verb of `lucency`."""
    _, *parts = described(get_command(command_line()), "lucency")
    return "\n".join(parts)


MADE = {"configuration": configuration, "commands": commands}

if __name__ == "__main__":
    for argument in sys.argv[1:]:
        if argument in MADE:
            print(MADE[argument](), end="")
        else:
            renew(Path(argument), "scripts/reference_pages.py", MADE[Path(argument).stem]())
