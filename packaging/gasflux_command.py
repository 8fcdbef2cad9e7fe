"""The command line as an executable of its own beside the server's: keys, backup, processing of files."""

import multiprocessing

if __name__ == "__main__":
    multiprocessing.freeze_support()
    from gasflux.cli.commands import run_command_line

    run_command_line()
