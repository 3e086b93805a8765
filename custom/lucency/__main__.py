"""Make ``python -m lucency`` (and ``torchrun -m lucency``) the same as the `lucency` command."""

from .cli import main

main()
