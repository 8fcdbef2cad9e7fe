"""What holds for every test."""

from __future__ import annotations

import signal

from slow_fixtures import pytest_fixture_setup

__all__ = ["pytest_fixture_setup"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell makes what it runs in the background deaf to Ctrl-C, and children inherit that; tests press it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
