"""The command line; its parts are loaded when it is called, so that processes of a batch load none of them."""

from __future__ import annotations


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    from gasflux.cli.commands import run_command_line

    run_command_line()
