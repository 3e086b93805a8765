"""`lucency bundle push`: a packaged bundle as a Hugging Face repository and as a zip for NGC."""

from pathlib import Path
from typing import Annotated

import typer


def push(
    bundle: Annotated[Path, typer.Argument(help="Folder of a packaged bundle.")],
    out: Annotated[Path, typer.Option(help="Folder to make: what the repository will hold.")],
    to: Annotated[str | None, typer.Option(help="OWNER/NAME of the Hugging Face repository; uploads.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Upload nothing; say what would be.")] = False,
    public: Annotated[bool, typer.Option("--public", help="A repository made now is visible to everybody.")] = False,
    ngc: Annotated[Path | None, typer.Option(help="Folder for NAME_vVERSION.zip, as NVIDIA NGC takes it.")] = None,
) -> None:
    """Write a bundle as a Hugging Face repository, upload it with --to, and zip it with --ngc.

    It is checked first; one with errors, without weights or without the code that it uses is refused.
    """
    from ..release.checklist.finding import inert
    from ..release.push import upload, write_hub_layout

    layout = write_hub_layout(bundle, out)
    for file, size in layout.files.items():
        print(f"{size:>12,}  {inert(file)}")
    print(f"{out}: {layout.name} {layout.version}, {len(layout.files)} files, {sum(layout.files.values()):,} bytes")
    if ngc is not None:
        from ..release.package.archive import write_archive

        print(write_archive(bundle.resolve(), ngc / f"{layout.name}_v{layout.version}.zip"))
    if to is not None and dry_run:
        print(f"dry run: nothing was uploaded; without --dry-run it goes to {to}, tagged {layout.version}")
    elif to is not None:
        print(upload(layout, to, public=public))
