"""Texts made from templates: HTML for people, Markdown for catalogues."""

from pathlib import Path

import jinja2


def environment(folder: Path, *, html: bool) -> jinja2.Environment:
    """Templates of a folder, which complain of what they are not given; values in HTML cannot become tags.

    Filters: `figure` with three digits or as many as it is told, `percent` with one; a dash for ``None``.

    Example:
        >>> made = environment(Path("."), html=True).from_string("{{ name }} {{ 0.25 | figure }} {{ 0.25 | percent }}")
        >>> made.render(name="<b>")
        '&lt;b&gt; 0.250 25.0 %'
    """
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=html,  # noqa: S701 - Markdown, from files of ours or of the bundle that it tells of
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not html,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {"figure": _figure, "percent": _percent}
    return made


def _figure(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
