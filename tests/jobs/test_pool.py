"""The one pool: what happens to a child concerns its own call only, and no child outlives its owner or its use."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import odd_calls
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from patience import HANG_S, wait_until

from gasflux.jobs import pool as pool_module
from gasflux.jobs.child import Child, ChildDiedError
from gasflux.jobs.child_main import Call
from gasflux.jobs.pool import Pool, PoolStoppedError

NEVER_S = 10_000.0
UNIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
)


@pytest.fixture(scope="module")
def shared() -> Iterator[Pool]:
    """Two children for all tests: what one test does to them must not harm the next."""
    pool = Pool(2)
    pool.start()
    yield pool
    pool.stop()


@pytest.fixture
def own() -> Iterator[Pool]:
    """One child for one test."""
    pool = Pool(1)
    yield pool
    pool.stop()


def taken(pool: Pool) -> Child:
    child = pool.take(HANG_S)
    assert child is not None
    return child


def asked(pool: Pool, function: object, *arguments: object) -> object:
    """Have a child do a call to its end."""
    child = taken(pool)
    try:
        child.call(function, *arguments)  # type: ignore[arg-type]
        assert child.finishes(HANG_S)
        return child.result()
    finally:
        pool.give_back(child)


def at_work(pool: Pool, act: str = "sleep") -> Child:
    """Return a child in the midst of a call that never ends."""
    child = taken(pool)
    child.call(*((odd_calls.sleep, NEVER_S) if act == "sleep" else (odd_calls.compute,)), tells=True)
    while child.listen(HANG_S) is None:
        assert child.is_alive()
    return child


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has asked how it ended is gone too."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(pids: list[int]) -> None:
    wait_until(lambda: all(is_gone(pid) for pid in pids), "the end of the children with their owner")


@given(value=VALUES)
def test_what_goes_in_comes_out(shared: Pool, value: object) -> None:
    assert asked(shared, odd_calls.echo, value) == value


def test_a_child_is_used_again(own: Pool) -> None:
    assert len({asked(own, os.getpid) for _ in range(3)}) == 1


def test_news_come_all_in_their_order_and_before_the_answer(own: Pool) -> None:
    child, news = taken(own), []
    child.call(odd_calls.count, 20, tells=True)
    while child.is_busy:
        if (told := child.listen(HANG_S)) is not None:
            news.append(told)
    assert news == [(step, f"step {step}") for step in range(20)]
    assert child.result() == "counted"
    own.give_back(child)


def test_an_error_comes_as_it_was_raised_with_the_place(own: Pool) -> None:
    with pytest.raises(ValueError, match="no wind") as caught:
        asked(own, odd_calls.fail, ValueError("no wind"))
    assert "odd_calls.py" in "\n".join(caught.value.__notes__)
    assert asked(own, odd_calls.echo, 1) == 1


@pytest.mark.parametrize(
    ("function", "arguments", "said"),
    [
        (odd_calls.fail_stubbornly, (), "StubbornError: this and that"),
        (odd_calls.fail, (SystemExit(3),), "SystemExit: 3"),
        (odd_calls.unpicklable, (), "pickle"),
    ],
)
def test_what_cannot_travel_is_said_and_harms_nobody(
    own: Pool, function: object, arguments: tuple[object, ...], said: str
) -> None:
    pid = asked(own, os.getpid)
    with pytest.raises(Exception, match=said):
        asked(own, function, *arguments)
    assert asked(own, os.getpid) == pid


@pytest.mark.parametrize("code", [0, 3])
def test_a_child_that_ends_itself_ends_its_own_call_only(shared: Pool, code: int) -> None:
    neighbour = at_work(shared)
    with pytest.raises(ChildDiedError) as caught:
        asked(shared, odd_calls.end, code)
    assert caught.value.exit_code == code
    assert neighbour.is_alive()
    assert shared.is_whole()
    assert asked(shared, odd_calls.echo, 1) == 1
    shared.give_back(neighbour)


@UNIX
@pytest.mark.parametrize("act", ["sleep", "compute"])
def test_a_killed_child_ends_its_own_call_only(shared: Pool, act: str) -> None:
    neighbour, child = at_work(shared), at_work(shared, act)
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(ChildDiedError) as caught:
        child.finishes(HANG_S)
    assert caught.value.exit_code == -signal.SIGKILL
    shared.give_back(child)
    assert neighbour.is_alive()
    assert asked(shared, odd_calls.echo, 1) == 1
    shared.give_back(neighbour)


@UNIX
def test_one_killed_while_it_has_nothing_to_do_is_replaced(own: Pool) -> None:
    pid = asked(own, os.getpid)
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGKILL)
    wait_until_gone([pid])
    # What the pool listens to is open until the last thread has ended, which is after the first.
    wait_until(lambda: not any(child.is_alive() for child in own._idle), "the end of its last thread")
    assert asked(own, os.getpid) != pid


def test_one_that_cannot_load_says_so_at_its_first_call(capfd: pytest.CaptureFixture[str]) -> None:
    pool = Pool(1, odd_calls.cannot_load)
    with closing(Stopping(pool)), pytest.raises(ChildDiedError):
        asked(pool, odd_calls.echo, 1)
    assert "a library is missing" in capfd.readouterr().err


class Stopping:
    """Stops a pool when it is closed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def close(self) -> None:
        self._pool.stop()


@pytest.mark.parametrize("act", ["sleep", "compute"])
def test_a_call_that_takes_too_long_or_is_not_wanted_any_more_is_ended(own: Pool, act: str) -> None:
    child = at_work(own, act)
    assert not child.finishes(0.1)
    own.give_back(child)
    assert is_gone(child.pid)
    assert asked(own, odd_calls.echo, 1) == 1


@pytest.mark.parametrize("act", ["sleep", "compute"])
def test_stop_ends_what_is_under_way_and_refuses_more(act: str) -> None:
    pool = Pool(1)
    child = at_work(pool, act)
    with ThreadPoolExecutor() as threads:
        supervisor = threads.submit(child.finishes, HANG_S)
        waiting = threads.submit(pool.take, HANG_S)
        pool.stop()
        assert is_gone(child.pid)
        with pytest.raises(ChildDiedError):
            supervisor.result()
        with pytest.raises(PoolStoppedError):
            waiting.result()
    pool.give_back(child)
    assert not pool.is_whole()
    with pytest.raises(PoolStoppedError):
        pool.take(0.0)


def test_who_comes_late_waits_for_a_child(own: Pool) -> None:
    child = taken(own)
    assert own.is_busy()
    assert own.take(0.0) is None
    with ThreadPoolExecutor() as threads:
        late = threads.submit(own.take, HANG_S)
        own.give_back(child)
        assert late.result() is child
    own.give_back(child)
    assert not own.is_busy()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits what one request takes")
def test_memory_has_a_limit(own: Pool) -> None:
    pid = asked(own, os.getpid)
    assert asked(own, odd_calls.grab, 64 * odd_calls.MIB, odd_calls.MIB) == odd_calls.MIB
    with pytest.raises(MemoryError):
        asked(own, odd_calls.grab, 64 * odd_calls.MIB, 1 << 40)
    assert asked(own, os.getpid) == pid


def test_a_child_is_replaced_after_so_many_calls(own: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "RECYCLE_CALLS", 2)
    first, second, third = (asked(own, os.getpid) for _ in range(3))
    assert first == second != third


def test_a_child_that_holds_much_is_replaced(own: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    child = taken(own)
    assert child.readies(HANG_S)
    monkeypatch.setattr(pool_module, "RECYCLE_BYTES", child.resident_bytes() + 32 * odd_calls.MIB)
    own.give_back(child)
    assert asked(own, os.getpid) == child.pid
    asked(own, odd_calls.hold, 64 * odd_calls.MIB)
    assert asked(own, os.getpid) != child.pid


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux shows what is open")
def test_replaced_children_leave_nothing_open(own: Pool) -> None:
    asked(own, os.getpid)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        own.give_back(at_work(own))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_calls_are_shared_out_and_every_child_is_prepared(shared: Pool) -> None:
    calls = [Call(odd_calls.with_remembered, (number,)) for number in range(7)]
    answers = list(shared.share_out(Call(odd_calls.remember, ("flight",)), calls))
    assert sorted(answers) == [("flight", number) for number in range(7)]
    assert shared.is_whole()


def test_an_error_among_shared_calls_ends_them_all(shared: Pool) -> None:
    calls = [Call(odd_calls.fail, (ValueError("no wind"),)), *[Call(time.sleep, (NEVER_S,))] * 3]
    with pytest.raises(ValueError, match="no wind"):
        list(shared.share_out(Call(odd_calls.remember, (0,)), calls))
    assert not shared.is_whole()
    assert list(shared.share_out(Call(odd_calls.remember, (0,)), [Call(odd_calls.echo, (1,))])) == [1]


def test_leaving_early_ends_what_is_shared_out(shared: Pool) -> None:
    calls = [Call(odd_calls.echo, (1,)), *[Call(time.sleep, (NEVER_S,))] * 3]
    with closing(shared.share_out(Call(odd_calls.remember, (0,)), calls)) as answers:
        assert next(answers) == 1
    assert not shared.is_whole()


def owner(act: str, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, odd_calls.__file__, act]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload,no-any-return]


def children_of(running: subprocess.Popen[str]) -> list[int]:
    assert running.stdout is not None
    pids = [int(pid) for pid in running.stdout.readline().split()]
    assert len(pids) == 2
    return pids


@UNIX
@pytest.mark.parametrize("act", ["load", "idle", "sleep", "compute"])
def test_no_child_outlives_a_killed_owner(act: str) -> None:
    with owner(act) as running:
        children = children_of(running)
        running.kill()
    wait_until_gone(children)


@UNIX
@pytest.mark.parametrize("act", ["load", "idle", "sleep", "compute"])
def test_an_interrupt_is_the_owners(act: str) -> None:
    """Ctrl-C goes to the whole group, from the first moment of a child on; the owner decides what becomes of it."""
    with owner(act, start_new_session=True) as running:
        children = children_of(running)
        os.killpg(running.pid, signal.SIGINT)
        assert running.stdout is not None
        assert running.stdout.read() == "interrupted\n"
        assert running.wait(HANG_S) == 0
    wait_until_gone(children)


@UNIX
def test_a_child_is_deaf_to_interrupts_from_its_first_moment(own: Pool) -> None:
    child = taken(own)
    for _ in range(20):  # through the start of the interpreter
        os.kill(child.pid, signal.SIGINT)
        time.sleep(0.01)
    child.call(odd_calls.echo, 1)
    assert child.finishes(HANG_S)
    assert child.result() == 1
    own.give_back(child)


@UNIX
def test_starting_a_child_loses_no_interrupt() -> None:
    """One that comes meanwhile strikes afterwards: who starts children is not deaf for that long."""
    pool, interrupted = Pool(4), threading.Event()
    former = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        interrupter = threading.Timer(0.0, os.kill, (os.getpid(), signal.SIGINT))
        interrupter.start()
        pool.start()
        interrupter.join()
        assert interrupted.wait(HANG_S)
    finally:
        signal.signal(signal.SIGINT, former)
        pool.stop()
