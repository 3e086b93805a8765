"""Further options of a command line; read without MONAI, which a command may not need."""

from typing import Any

from .errors import LucencyError

YAML_WORDS = {"true": True, "false": False, "null": None}


def parse_options(arguments: list[str]) -> dict[str, Any]:
    """Read ``--key value`` and ``--key=value`` pairs, with values as MONAI's own runner reads them.

    It reads Python; the `true`, `false` and `null` of the YAML files are understood too, which it takes for texts.

    Example:
        >>> parse_options(["--seed", "3", "--learning_rate=1e-3", "--table", "a.csv", "--resume", "false"])
        {'seed': 3, 'learning_rate': 0.001, 'table': 'a.csv', 'resume': False}
    """
    from fire.parser import DefaultParseValue

    options: dict[str, Any] = {}
    rest = list(arguments)
    while rest:
        key = rest.pop(0)
        name, equals, value = key.removeprefix("--").partition("=")
        if not key.startswith("--") or not name:
            raise LucencyError(f"option {key!r}: give options as --key value")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise LucencyError(f"option --{name}: has no value; give options as --key value")
            value = rest.pop(0)
        options[name] = YAML_WORDS[value] if value in YAML_WORDS else DefaultParseValue(value)
    return options
