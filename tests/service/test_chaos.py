"""Random faults under mixed traffic: whatever happens, what was promised is kept.

`GASFLUX_CHAOS_FAULTS=100` makes it long, `GASFLUX_CHAOS_SEED=...` runs a seed again: the same faults in the same order,
and clients that want the same.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from statistics import median

import pytest
from chaos_faults import come_over, possible
from chaos_world import World, chaos_world

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux does all this to a process"),
]

FAULTS = int(os.environ.get("GASFLUX_CHAOS_FAULTS", "0"))
"""How many; 0 is one of each kind."""

SEED = int(os.environ.get("GASFLUX_CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)

FLAT = 1.25
"""Memory of the last third of a run over that of the first: a new server's heap settles within some tasks, and a leak
of a tenth of a MiB a request would show as tens of MiB in each life of a server."""


def test_promises_are_kept_whatever_happens(tmp_path: Path) -> None:
    say(f"GASFLUX_CHAOS_SEED={SEED} GASFLUX_CHAOS_FAULTS={FAULTS} runs this again")
    with chaos_world(tmp_path, SEED) as world:
        world.felt_for(10)
        world.check()
        kinds = possible(world)
        count = FAULTS or len(kinds)
        order = [fault for _ in range(-(-count // len(kinds))) for fault in world.random.sample(kinds, len(kinds))]
        for number, fault in enumerate(order[:count], start=1):
            say(f"{number}/{count} {fault.__name__.replace('_', ' ')}")
            come_over(world, fault)
            world.felt_for(6)
            world.check()
        for name, figure in world.figures().items():
            say(f"{name}: {figure}")
        assert_flat(world)


def assert_flat(world: World) -> None:
    """Demand that memory does not grow from fault to fault."""
    third = len(world.rss_mib) // 3
    first, last = median(world.rss_mib[:third]), median(world.rss_mib[-third:])
    assert last <= FLAT * first, world.rss_mib


def say(line: str) -> None:
    """Tell how far it is."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
