"""The development server: `python run_api.py [--reload]`, on this machine only. Production: server_waitress.py."""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path


def main() -> None:
    """Run the server from a checkout."""
    os.environ["MPLBACKEND"] = "Agg"  # a service has no display
    sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))
    from gasflux.cli.commands import run_command_line as run_command
    from gasflux.cli.service import develop_command

    run_command(command=develop_command, name=Path(sys.argv[0]).name)


if __name__ == "__main__":
    multiprocessing.freeze_support()
    main()
