"""The production server: GasFlux under Waitress, as `gasflux serve`. `--help` lists the options."""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path


def main() -> None:
    """Run the server, from a checkout, an installed package or an executable."""
    os.environ["MPLBACKEND"] = "Agg"  # a service has no display
    source = Path(__file__).resolve().parent / "src"
    if source.is_dir():
        sys.path.insert(0, str(source))
    from gasflux.cli.commands import run_command_line as run_command
    from gasflux.cli.service import serve_command

    run_command(command=serve_command, name=Path(sys.argv[0]).name)


if __name__ == "__main__":
    multiprocessing.freeze_support()
    main()
