"""Running a bundle's workflow strictly: the files that belong together, checked overrides, one-line errors."""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from monai.bundle import ConfigParser, ConfigWorkflow
from monai.bundle.utils import ID_SEP_KEY

from ..errors import ConfigError
from .failures import configuration_failure
from .keys import normalise, suggestion
from .overrides import check_overrides, literal

BASES = {"evaluate": "train", "multi_gpu_train": "train"}  # workflows that are overlays on another one's file


def config_files(bundle: str | Path, workflow: str, groups: Mapping[str, str] | None = None) -> list[Path]:
    """List the configuration files of a workflow in the order in which they override each other.

    Base first, then one file for each chosen group option (``{"loss": "wan"}`` is `configs/loss/wan.yaml`), then the
    overlay of the workflow itself.

    Raises:
        ConfigError: no such bundle, workflow or option, and the message names those that are; or two options set the
            same key, where the later would undo the earlier without a word.
    """
    configs = Path(bundle) / "configs"
    if not configs.is_dir():
        raise ConfigError(f"{bundle}: not a bundle (no configs folder); give the path of a folder under bundles/")
    names = [BASES[workflow], workflow] if workflow in BASES else [workflow]
    files = [_one_of(configs, name, "workflow") for name in names]
    chosen = {group: _one_of(configs / group, option, group) for group, option in (groups or {}).items()}
    _refuse_overlap(chosen)
    return [files[0], *chosen.values(), *files[1:]]


def _refuse_overlap(chosen: Mapping[str, Path]) -> None:
    setters: dict[str, str] = {}
    for group, file in chosen.items():
        option = f"--{group} {file.stem}"
        own = [f"{normalise(key)}{ID_SEP_KEY}" for key in _top_keys(file)]
        for key, (other, setter) in product(own, setters.items()):
            if key.startswith(other) or other.startswith(key):
                both = min(key, other, key=len).removesuffix(ID_SEP_KEY)
                raise ConfigError(f"{setter} and {option} both set {both}; choose one of them")
        setters |= dict.fromkeys(own, option)


def _top_keys(file: Path) -> list[str]:
    try:
        return list(ConfigParser.load_config_file(str(file)))
    except Exception as error:  # the YAML and JSON readers raise types of their own
        raise ConfigError(f"{file}: not readable as configuration ({error})") from error


def config_groups(bundle: str | Path) -> list[str]:
    """Names of the option groups of a bundle: the folders below `configs`."""
    return sorted(folder.name for folder in (Path(bundle) / "configs").glob("*/"))


def chosen_groups(bundle: str | Path, options: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Tell apart what options choose from the folders below `configs`, as in `--loss wan`, and what they override."""
    groups = {name: options[name] for name in config_groups(bundle) if isinstance(options.get(name), str)}
    return groups, {name: value for name, value in options.items() if name not in groups}


class BundleWorkflow(ConfigWorkflow):  # type: ignore[misc] # MONAI has no types
    """MONAI's workflow of configuration files, which remembers what it was told beside them.

    Attributes:
        settings: chosen options and overrides.
    """

    settings: Mapping[str, Any]


def run_bundle(
    bundle: str | Path,
    workflow: str,
    *,
    groups: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> ConfigWorkflow:
    """Run a workflow of a bundle as ``python -m monai.bundle run`` would, after checking every key.

    Args:
        bundle: folder of the bundle.
        workflow: ``train``, ``evaluate``, ``inference`` or ``multi_gpu_train``.
        groups: chosen options, such as ``{"loss": "wan"}``.
        overrides: configuration keys to values; `bundle_root` is the bundle's folder unless given.

    Returns:
        The finished workflow.

    Raises:
        ConfigError: a file or key that is not there, or a component that its keys do not fit.
    """
    files = config_files(bundle, workflow, groups)
    config = read_configuration(files)
    check_overrides(config, overrides or {})
    kind = "infer" if workflow == "inference" else "train"
    with_root = {"bundle_root": literal(str(Path(bundle).resolve())), **(overrides or {})}
    runner = BundleWorkflow(config_file=[str(file) for file in files], workflow_type=kind, **with_root)
    runner.settings = {**(groups or {}), **(overrides or {})}
    try:
        runner.initialize()
        runner.run()
        runner.finalize()
    except Exception as error:
        if (failure := configuration_failure(error)) is not None:
            raise failure from error
        raise
    return runner


def read_configuration(files: Sequence[Path]) -> dict[str, Any]:
    """Merge configuration files, later ones over earlier ones.

    Raises:
        ConfigError: a file cannot be read, or changes something that the files before it do not have.
    """
    names = ", ".join(map(str, files))
    try:
        parser = ConfigParser()
        parser.read_config([str(file) for file in files])
        return dict(parser.get())
    except KeyError as error:
        raise ConfigError(
            f"{names}: a later one changes what is inside a key that none before it has ({error.args[0]}); "
            "leave out the option that belongs to another workflow"
        ) from error
    except Exception as error:  # the YAML and JSON readers raise types of their own
        raise ConfigError(f"{names}: not readable as configuration ({error})") from error


def _one_of(folder: Path, name: str, what: str) -> Path:
    for suffix in (".yaml", ".json"):
        if (file := folder / f"{name}{suffix}").is_file():
            return file
    known = sorted(file.stem for file in folder.glob("*.*") if file.suffix in (".yaml", ".json"))
    known = [stem for stem in known if stem != "metadata"]
    raise ConfigError(f"no {what} {name!r} in {folder}{suggestion(name, known)} (there are: {', '.join(known)})")
