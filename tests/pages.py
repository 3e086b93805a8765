"""Typing what a page of the documents tells its readers to type, only smaller."""

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from typer.testing import CliRunner

from lucency.cli import command_line
from support import python

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"(?:^`(\S+)`\n\n?)?^ *```(bash|sh|console|python|yaml)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)

_ALONE = ("bundle", "export", "predict")  # they may run OpenVINO, after which a process must not start another


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """File name (or nothing), language and text of every block of commands, Python and YAML."""
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


def lines(text: str) -> list[str]:
    """Commands of a block of bash, each on a line of its own."""
    whole = (line.strip() for line in text.replace("\\\n", " ").splitlines())
    return [line for line in whole if line and not line.startswith("#")]


def commands(page: Path) -> Iterator[str]:
    """Every command of a page, in order; of what a console shows, the lines that somebody typed."""
    for _, language, text in blocks(page):
        if language in ("bash", "sh"):
            yield from lines(text)
        elif language == "console":
            yield from (line.removeprefix("$ ") for line in lines(text) if line.startswith("$ "))


def smaller(text: str, replacements: Mapping[str, str]) -> str:
    """A text with cheaper values in place of those that a page names."""
    for full, small in replacements.items():
        text = text.replace(full, small)
    return text


def type_in(line: str) -> None:
    """Run a command as it is typed; it has to succeed."""
    program, *arguments = shlex.split(line, comments=True)
    if program == "lucency" and arguments[0] not in _ALONE:
        done = CliRunner().invoke(command_line(), arguments, catch_exceptions=False)
        assert done.exit_code == 0, f"{line}\n{done.output}"
        return
    launcher = {"python": (), "torchrun": ("-m", "torch.distributed.run"), "lucency": ("-m", "lucency")}[program]
    ran = python(*launcher, *arguments)
    assert ran.returncode == 0, f"{line}\n{ran.stderr[-3000:]}"


def follow(page: Path, replacements: Mapping[str, str]) -> None:
    """Do in this folder all that a page says: write its files, run its commands and its Python."""
    for file, language, text in blocks(page):
        if language == "bash":
            for line in lines(smaller(text, replacements)):
                type_in(line)
        elif language == "python":
            exec(compile(text, page.name, "exec"), {})
        elif file:
            Path(file).write_text(text)
