"""The reference page of the rules, made from them."""

from .rules import TOPICS

_HEAD = """# Rules for bundles

`lucency bundle check BUNDLE` reads a bundle, anyone's, and names what breaks one of these rules: where, why, and what
to write instead. An **error** makes MONAI, a host or the zoo's own check fail, harms whoever opens the bundle, or makes
predictions wrong without a word; the exit status is then 1. A **warning** makes a reviewer or a user stumble; with
`--strict` it counts, too.

```bash
lucency bundle check BUNDLE                   # rules, then the golden test where the bundle has one
lucency bundle check BUNDLE --static          # rules only: nothing of the bundle is run
lucency bundle check BUNDLE --strict --json - # for other programs
```

A finding is `{rule, level, file, line, key, message, mend}`: `line` counts from 1 or is null, `key` has `::` between
levels. `lucency bundle rules` prints this page.

## What is not checked

The rules read text. **They run nothing of the bundle**: no `$` expression, no `_target_`, no import, no download. Of
expressions only the syntax tree is looked at. So they do not know

- whether a component exists, takes the arguments that it is given, or does what its name says;
- what an expression gives: the path that it builds, the channels that it counts, whether `_disabled_` is true. In
  `hosts.stock`, a component whose `_disabled_` is an expression counts as switched off;
- what the bundle's Python and TorchScript files do. A bundle without findings can still hold code that harms: this is a
  lint, not a sandbox. **Run no bundle that you do not trust**, neither with MONAI nor with this command without
  `--static`;
- values given on the command line, and files that are neither overlays by the zoo's names nor in a folder below
  `configs`;
- whether workflows run, on one process or two, what the network makes of its input, whether it exports. For that there
  are `verify_metadata`, `verify_net_in_out` and `ckpt_export` of `monai.bundle`, the golden test, and a bundle's own
  tests;
- whether `required_packages_version` can be installed (`pip install --dry-run`), and what is behind an address: hashes
  are compared only of files that are in the bundle;
- black, isort and flake8 on Python files, beyond width and syntax;
- whether what the README says is true: it looks for headings, words and files.

The [golden test](backends.md#golden-test) that follows the rules does run the bundle. It is left out with `--static`,
where the bundle has no `golden/golden.json`, and where the rules find an error.

## The checklist of a bundle that is fit for a zoo

| item | rules | what has to be run |
|---|---|---|
| configurations are sound | `config`, `code`, `paths`, `references`, `data-format`, `metadata`, `large-files` | – |
| form of the zoo | `format` | black, isort, flake8 |
| workflows have what MONAI looks for, and write nothing where the command is typed | `workflow`, `paths.relative` | \
`lucency run BUNDLE train`, `evaluate`, `inference` |
| two processes | `processes` | `torchrun --nproc_per_node 2 -m lucency run BUNDLE multi_gpu_train` |
| the zoo's `verify_bundle` | `layout`, `metadata`, `data-format.network` | the same, in its `full` mode |
| MONAI Label, MONAI Deploy, platforms that refuse code | `hosts`, `layout.json` | the hosts |
| never a random prediction; the archive is the same each time | `weights` | `lucency bundle check`, its golden test |
| exports answer as the network does | – | `lucency export BUNDLE`; the golden test |
| findings of one class, NaN | `training` | – |
| MONOCHROME1 and 2 give the same | `hosts.reader` | the golden test |
| packages can be installed | `packages` | `pip install --dry-run` |
| commands and statements of the README | `docs` | its commands |

## The rules
"""


def rules_page() -> str:
    """Write docs/reference/bundle-rules.md: `lucency bundle rules > docs/reference/bundle-rules.md`.

    Example:
        >>> rules_page().splitlines()[0]
        '# Rules for bundles'
    """
    parts = [_HEAD]
    for topic in TOPICS:
        title = (topic.__doc__ or "").strip().splitlines()[0].rstrip(".")
        rows = [f"| `{rule.id}` | {rule.level} | {rule.demands} | {rule.reason} |" for rule in topic.RULES]
        parts.append(
            "\n".join([f"### {title}", "", "| rule | level | demands | otherwise |", "|---|---|---|---|", *rows])
        )
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"
