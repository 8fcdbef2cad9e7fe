"""``python -m gasflux`` is the command ``gasflux``."""

from gasflux.cli.commands import run_command_line

if __name__ == "__main__":
    run_command_line()
