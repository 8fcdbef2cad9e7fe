"""What may happen to a server: each fault does its harm, lets it be felt, and is over when it returns."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import psutil
from chaos_world import World
from patience import HANG_S, wait_until
from stores import fill, opened

from gasflux.db import RESCUED

SHIFT_S: Final = 3 * 86_400
SHORTAGE_S: Final = 2.0
"""How long the server can open no file: an age of the fault, not a wait for anything."""

LOOKERS_KILLED: Final = 3

BACKGROUND: Final = 10
"""How much nicer than the server the process is that looks at uploads; workers are not, as the settings say."""


def kill_the_server(world: World) -> None:
    """End it as a power cut would."""
    world.felt_for(world.random.randrange(4))
    world.kill()
    world.start()


def stop_the_server(world: World) -> None:
    """End it as an administrator would."""
    assert world.server.terminate(within_s=HANG_S) == 0
    world.start()


def kill_a_worker(world: World) -> None:
    """End what computes."""
    world.felt_for(2)
    _kill(world, is_looker=False)


def kill_who_looks(world: World) -> None:
    """End what looks at uploads, again and again."""
    for _ in range(LOOKERS_KILLED):
        _kill(world, is_looker=True)
        world.felt_for(2)


def _kill(world: World, *, is_looker: bool) -> None:
    for child in world.children():
        with suppress(psutil.Error):  # it has just ended
            if (child.nice() >= world.niceness + BACKGROUND) == is_looker:
                child.kill()


def fill_the_disk(world: World) -> None:
    """Leave no byte free for a while."""
    stuffing = world.folder / "stuffing"
    fill(stuffing)
    world.felt_for(8)
    stuffing.unlink()


def remove_the_database(world: World) -> None:
    """Remove or replace the file that is open, or one beside it; then do what the sentence says."""
    database = world.server.database
    what = world.random.choice(["removed", "replaced", "-wal", "-shm"])
    if what == "replaced":
        other = database.with_name("other.db")
        opened(other).close()
        other.replace(database)
    elif what == "removed":
        database.unlink()
    else:
        Path(f"{database}{what}").unlink()
    world.refuses("/upload", "storage_unavailable")
    world.felt_for(4)
    if world.random.random() < 0.5:
        world.kill()
    else:
        world.server.terminate(within_s=HANG_S)
    if what in ("removed", "replaced"):
        for ending in ("-wal", "-shm"):
            Path(f"{database}{ending}").unlink(missing_ok=True)
        Path(f"{database}{RESCUED}").replace(database)
    world.start()


def lock_the_database(world: World) -> None:
    """Hold it as another program would."""
    with closing(sqlite3.connect(world.server.database, isolation_level=None, timeout=HANG_S)) as other:
        other.execute("BEGIN EXCLUSIVE")
        world.felt_for(4)
        other.execute("ROLLBACK")


def remove_the_folder_of_bodies(world: World) -> None:
    """Remove what the server can make anew."""
    shutil.rmtree(world.server.uploads / ".incoming")
    world.felt_for(4)


def take_the_uploads_away(world: World) -> None:
    """Unmount them, as it were; a task in work would fail for want of its flight, so that none is."""
    world.quiet()
    away = world.folder / "away"
    world.server.uploads.rename(away)
    world.refuses("/upload", "storage_unavailable")
    world.felt_for(4)
    away.rename(world.server.uploads)


def set_the_clock_ahead(world: World) -> None:
    """Let it be another day for a while; the janitor looks every second."""
    assert world.clock is not None
    world.clock.shift(SHIFT_S)
    world.felt_for(12)
    world.clock.shift(0)


def leave_no_file(world: World) -> None:
    """Let the server open nothing for a while; what it has open it keeps."""
    process = psutil.Process(world.pid)
    soft, hard = process.rlimit(psutil.RLIMIT_NOFILE)
    process.rlimit(psutil.RLIMIT_NOFILE, (process.num_fds(), hard))
    over = threading.Event()
    over.wait(SHORTAGE_S)
    process.rlimit(psutil.RLIMIT_NOFILE, (soft, hard))


FAULTS: Final[tuple[Callable[[World], None], ...]] = (
    kill_the_server,
    kill_a_worker,
    kill_who_looks,
    remove_the_database,
    lock_the_database,
    remove_the_folder_of_bodies,
    take_the_uploads_away,
    stop_the_server,
    leave_no_file,
    fill_the_disk,
    set_the_clock_ahead,
)


def possible(world: World) -> list[Callable[[World], None]]:
    """Return the faults that this machine can have."""
    missing = set()
    if not os.path.ismount(world.folder):
        missing.add(fill_the_disk)
    if world.clock is None:
        missing.add(set_the_clock_ahead)
    return [fault for fault in FAULTS if fault not in missing]


def come_over(world: World, fault: Callable[[World], None]) -> None:
    """Let a fault happen, and wait until the service says that it is well."""
    fault(world)
    wait_until(world.is_well, world.said)
