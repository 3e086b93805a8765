"""The rules, a topic a file; each file ends in its table."""

from . import (
    code,
    data_format,
    docs,
    formatting,
    hosts,
    large_files,
    layout,
    logging_file,
    metadata,
    packages,
    paths,
    processes,
    properties,
    references,
    syntax,
    training,
    weights,
)

TOPICS = (
    layout,
    large_files,
    syntax,
    code,
    paths,
    references,
    properties,
    weights,
    metadata,
    data_format,
    packages,
    hosts,
    processes,
    training,
    logging_file,
    docs,
    formatting,
)
"""In the order in which findings are shown."""

RULES = tuple(rule for topic in TOPICS for rule in topic.RULES)
