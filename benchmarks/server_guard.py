"""Ends the servers of a program that is gone, however it went: marks come in line by line, and the end is the sign.

A test that is killed cannot clean up behind itself, nor can a session that somebody ends.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from functools import cache

import psutil

MARK = "LIVE_SERVER_MARK"
"""Variable by which a server and all its processes are known."""


def marked(marks: set[str]) -> list[psutil.Process]:
    """Return the processes that bear one of some marks, also those that have lost their parent."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) in marks:
                found.append(process)
        except psutil.Error:  # it ended meanwhile or belongs to somebody else
            continue
    return found


@cache
def _guard() -> subprocess.Popen[str]:
    """Start the guard of this program, once; it hears of the program's end by its own standard input."""
    command = [sys.executable, __file__]
    return subprocess.Popen(command, stdin=subprocess.PIPE, encoding="utf-8", start_new_session=True)


def watch(mark: str) -> None:
    """Have what bears a mark ended when this program is gone."""
    stream = _guard().stdin
    assert stream is not None
    stream.write(f"{mark}\n")
    stream.flush()


def main() -> None:
    """Wait for the end of the program, then end what it left."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    marks = {line.strip() for line in sys.stdin}
    for process in marked(marks):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


if __name__ == "__main__":
    main()
