"""From a bundle and weights to a folder and a zip file that run wherever MONAI does."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...engines.weights import check_trained_findings
from ...errors import ConfigError, explanation
from ...files import sha256_of, write_atomically
from ..appearing import appearing_folder
from ..checklist import lint_bundle
from ..golden.pipeline import BundlePipeline
from ..golden.write import golden_file, write_golden
from .archive import write_archive
from .configurations import Configuration, named_components, resolved_configurations, written
from .documents import data_licence, package_page
from .large_files import write_large_files
from .measured import measured_metrics
from .metadata import package_metadata, read_metadata
from .models import write_exports, write_weights
from .portable import portable_configuration
from .vendoring import vendor
from .without_code import remove_code

SITE = "site.yaml"


@dataclass(frozen=True)
class Package:
    """What was made.

    Attributes:
        folder: the bundle.
        archive: the same as a zip file.
        sha256: of the zip file.
        modules: of this package, that are in it.
        needs_code: why hosts that run no code cannot use it; ``None`` if they can.
    """

    folder: Path
    archive: Path
    sha256: str
    modules: list[str]
    needs_code: str | None


def package_bundle(
    bundle: str | Path,
    *,
    weights: str | Path,
    out: str | Path,
    settings: Mapping[str, Any] | None = None,
    evaluation: str | Path | None = None,
    metadata: Mapping[str, Any] | None = None,
    license: str | None = None,
    data_license: str | None = None,
    site: str | Path | None = None,
    url: str = "",
    code: bool = True,
    report: Callable[[str], None] = lambda text: None,
) -> Package:
    """Make a bundle whole: JSON, the network in five forms, the code that it needs, golden answers, checksums.

    The same input gives the same bytes in every process that has not compiled another network before, after which
    TorchScript names its classes otherwise. Folder and zip file appear under their names when they are complete.

    Args:
        bundle: folder of the bundle.
        weights: weights file, of any form that `LoadWeights` takes.
        out: folder that gets `<name>/` and `<name>_v<version>.zip`.
        settings: configuration keys to values and choices of the bundle's folders, those of the training run.
        evaluation: output folder of the evaluate workflow, for `eval_metrics`.
        metadata: fields that whoever packages knows better than the recipe, such as ``data_source`` and ``version``.
        license: text of the bundle's licence, in place of its file `LICENSE`; converted bundles have none.
        data_license: text about the data that the weights were trained on.
        site: `site.yaml` of calibration and operating points, to be used by default.
        url: of the place that will hold the bundle, for `large_files.yml`.
        code: ``False`` makes a bundle without any Python, for hosts that refuse code: inference alone, stock MONAI.
        report: is told in words what is being done.

    Raises:
        LucencyError: bundle, weights and settings do not fit together; what would come out breaks a rule of
            `lucency bundle check`; an export differs; the folder is there already.
    """
    bundle, weights, out = Path(bundle), Path(weights), Path(out)
    recipe, page = _recipe(bundle, license)
    changes = _stated_fields(metadata or {})
    configurations = resolved_configurations(bundle, settings or {})
    if site is not None:
        configurations["inference"]["site"] = f"$@bundle_root + '/{SITE}'"
    needs_code = _add_portable(configurations)
    if not code and needs_code is not None:
        raise ConfigError(f"{bundle}: {needs_code}")
    name = bundle.resolve().name
    with appearing_folder(out / name) as folder:
        report("configurations and code")
        modules = vendor(named_components(configurations), folder)
        content = package_metadata(recipe, configurations["inference"], modules, changes)
        _copy_files(bundle, folder, Path(site) if site is not None else None)
        if license is not None:
            write_atomically(folder / "LICENSE", license)
        _write_configurations(folder / "configs", configurations, content)
        lint_bundle(folder).raise_errors("metadata", "data-format")
        report("weights")
        write_weights(weights, folder / "models")
        pipeline = _checked(folder, weights)
        if evaluation is not None:
            content["eval_metrics"] = measured_metrics(Path(evaluation), pipeline.part("model"))
            _write_configurations(folder / "configs", {}, content)
        report("golden answers")
        write_golden(folder, weights=pipeline.weights)
        os.replace(golden_file(folder, pipeline.weights), golden_file(folder))
        portable = configurations.get("portable")
        embedded = {"metadata": content} | ({"inference": portable} if portable else {})
        write_exports(pipeline, folder / "models", embedded, report)
        if not code and portable:
            modules, configurations = [], {"inference": portable}
            content = remove_code(folder, content, portable)
        documents = {
            "README.md": package_page(page, content, list(configurations), pipeline.weights),
            "data_license.txt": data_licence(data_license),
        }
        for document, text in documents.items():
            write_atomically(folder / "docs" / document, text)
        write_large_files(folder, url)
        lint_bundle(folder).raise_errors()
        report("zip file")
        archive = write_archive(folder, out / f"{name}_v{content['version']}.zip")
    return Package(out / name, archive, sha256_of(archive), modules, needs_code)


def _recipe(bundle: Path, license: str | None) -> tuple[Configuration, str]:
    """Metadata and page of a bundle.

    Raises:
        ConfigError: it lacks these, or a licence, without which nobody may use it.
    """
    if not (bundle / "docs" / "README.md").is_file():
        raise ConfigError(f"{bundle / 'docs' / 'README.md'}: is not there; a bundle that leaves the house needs it")
    if license is None and not (bundle / "LICENSE").is_file():
        raise ConfigError(
            f"{bundle / 'LICENSE'}: is not there; nothing leaves the house without one; give --license FILE"
        )
    return read_metadata(bundle), (bundle / "docs" / "README.md").read_text(encoding="utf-8")


def _stated_fields(fields: Mapping[str, Any]) -> Configuration:
    if "eval_metrics" in fields:
        raise ConfigError("metadata: eval_metrics are measured, not stated; give the evaluation by --evaluation")
    return dict(fields)


def _add_portable(configurations: dict[str, Configuration]) -> str | None:
    """Add the workflow for hosts that run no code, or say why there is none."""
    try:
        configurations["portable"] = portable_configuration(configurations["inference"])
    except ConfigError as reason:
        return str(reason)
    return None


def _copy_files(bundle: Path, folder: Path, site: Path | None) -> None:
    """Copy what the package takes over as it is."""
    if site is not None and not site.is_file():
        raise ConfigError(f"{site}: no site file there; lucency calibrate makes one")
    copies = {"LICENSE": bundle / "LICENSE", SITE: site or bundle / SITE}
    copies |= {f"golden/{image.name}": image for image in (bundle / "golden").glob("*.dcm")}
    copies["configs/logging.conf"] = bundle / "configs" / "logging.conf"
    for name, source in copies.items():
        if source.is_file():
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source, folder / name)
    (folder / "golden").mkdir(exist_ok=True)
    shutil.copytree(bundle / "docs", folder / "docs", copy_function=shutil.copyfile)


def _write_configurations(configs: Path, configurations: Mapping[str, Configuration], metadata: Configuration) -> None:
    for name, content in {**configurations, "metadata": metadata}.items():
        write_atomically(configs / f"{name}.json", written(content))


def _checked(folder: Path, weights: Path) -> BundlePipeline:
    """The inference workflow of the package, after making sure that weights, outputs and site file fit it."""
    pipeline = BundlePipeline(folder)
    pipeline.network(pipeline.weights)
    check_trained_findings(weights, pipeline.findings)
    try:
        pipeline.part("assessment")
    except Exception as error:  # MONAI wraps what goes wrong in a component
        if (reason := explanation(error)) is None:
            raise
        raise ConfigError(reason) from error
    return pipeline
