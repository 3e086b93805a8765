"""Replacing whole keys in the text of a configuration, so that its comments stay."""

import re

_KEY = re.compile(r"^([A-Za-z_]\w*):", flags=re.MULTILINE)


def split_blocks(text: str) -> tuple[str, dict[str, str]]:
    r"""Split a YAML text into what stands before the first key, and one block of text for every top-level key.

    Example:
        >>> split_blocks("# A head.\n\na: 1\nb:\n  - 2\n")
        ('# A head.\n\n', {'a': 'a: 1\n', 'b': 'b:\n  - 2\n'})
    """
    starts = [match.start() for match in _KEY.finditer(text)]
    ends = [*starts[1:], len(text)]
    blocks = [text[start:end] for start, end in zip(starts, ends, strict=True)]
    return text[: starts[0]], {block.partition(":")[0]: block for block in blocks}


def replace_blocks(base: str, overlay: str) -> str:
    r"""Put the blocks of `overlay` in the place of those of `base`; a key that `base` lacks follows its predecessor.

    The head is the overlay's, if it has one. A block keeps the blank lines that followed it.

    Example:
        >>> replace_blocks("# Base.\na: 1\n\nb: 2\n", "# Overlay.\na: 3\nc: 4\n")
        '# Overlay.\na: 3\n\nc: 4\nb: 2\n'
    """
    (head, blocks), (new_head, changes) = split_blocks(base), split_blocks(overlay)
    order, before = list(blocks), ""
    for key, block in changes.items():
        if key in blocks:
            former = blocks[key]
            blocks[key] = block.rstrip("\n") + former[len(former.rstrip("\n")) :]
        else:
            order.insert(order.index(before) + 1 if before else 0, key)
            blocks[key] = block
        before = key
    return (new_head or head) + "".join(blocks[key] for key in order)
