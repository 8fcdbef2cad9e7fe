"""Make an API key: `python create_api_key.py --name "Production Client"`. `--help` lists the options."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Make a key and print it, this once."""
    source = Path(__file__).resolve().parent / "src"
    if source.is_dir():
        sys.path.insert(0, str(source))
    from gasflux.cli.commands import run_command_line as run_command
    from gasflux.cli.service import create_key_command

    run_command(command=create_key_command, name=Path(sys.argv[0]).name)


if __name__ == "__main__":
    main()
