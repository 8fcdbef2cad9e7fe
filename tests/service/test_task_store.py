from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from patience import times_longer
from stores import RESULT, backdate, completed, new_task, opened, store_in

from gasflux.configuration.service_settings import CleanupSettings
from gasflux.db import Database
from gasflux.errors import QueueFullError, StateConflictError, UnknownIdError
from gasflux.jobs.records import GasSummary, JobFailure, JobResult
from gasflux.service.tasks.records import NewTask, Task, TaskQuery, TaskStatus
from gasflux.service.tasks.sql import gases_as_json, gases_from_json
from gasflux.service.tasks.store import SERVER_ENDS, TaskStore
from gasflux.storage.clock import utc_now

BAD = JobFailure("invalid_input", "no wind column", ({"message": "no wind column", "column": "windspeed"},))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(opened(tmp_path / "gasflux.db")) as made:
        yield made


@pytest.fixture
def store(database: Database) -> TaskStore:
    return store_in(database)


def claimed(store: TaskStore) -> Task:
    task = store.claim()
    assert task is not None
    return task


def in_work(store: TaskStore) -> Task:
    store.add(new_task())
    return claimed(store)


# -- the way of a task


def test_from_upload_to_result(store: TaskStore) -> None:
    new = new_task("Landfill", has_config=True, owner_key_id="k", callback_url="https://example.org/x")
    task, created = store.add(new)
    assert created
    assert (task.status, task.queue_position, task.attempts) == (TaskStatus.PENDING, 1, 0)
    assert all(getattr(task, name) == getattr(new, name) for name in ("task_id", "name", "has_config", "callback_url"))
    work = claimed(store)
    assert (work.status, work.attempts, work.queue_position) == (TaskStatus.PROCESSING, 1, None)
    store.set_progress(task.task_id, 1, "kriging", 42.5)
    seen = store.get(task.task_id)
    assert (seen.stage, seen.progress, seen.message) == ("kriging", 42.5, "Processing: kriging.")
    assert store.complete(task.task_id, 1, RESULT)
    done = store.get(task.task_id)
    assert (done.status, done.progress, done.stage) == (TaskStatus.COMPLETED, 100, None)
    assert (done.results, done.gases) == (RESULT.results, RESULT.gases)
    assert done.started_at is not None
    assert done.finished_at is not None
    assert done.started_at <= done.finished_at


def test_a_failure_is_kept_with_its_faults(store: TaskStore) -> None:
    task = in_work(store)
    assert store.fail(task.task_id, 1, BAD)
    failed = store.get(task.task_id)
    assert (failed.status, failed.failure, failed.message) == (TaskStatus.FAILED, BAD, BAD.message)


def test_an_upload_with_faults_is_kept_as_failed(store: TaskStore) -> None:
    task, created = store.add_failed(new_task(idempotency_key="k"), BAD)
    assert created
    assert (task.status, task.failure) == (TaskStatus.FAILED, BAD)
    assert store.claim() is None
    assert store.add(new_task(idempotency_key="k")) == (task, False)


def test_an_unknown_task(store: TaskStore) -> None:
    calls: tuple[Callable[[str], object], ...] = (
        store.get,
        store.cancel,
        store.rerun,
        store.begin_delete,
        lambda task_id: store.rename(task_id, "x"),
        lambda task_id: store.pin(task_id, True),
    )
    for call in calls:
        with pytest.raises(UnknownIdError):
            call(new_task().task_id)


def failed(store: TaskStore) -> Task:
    task = in_work(store)
    store.fail(task.task_id, task.attempts, BAD)
    return task


STATES: dict[str, Callable[[TaskStore], str]] = {
    "pending": lambda store: store.add(new_task())[0].task_id,
    "processing": lambda store: in_work(store).task_id,
    "completed": lambda store: completed(store).task_id,
    "failed": lambda store: failed(store).task_id,
}

LEGAL = {
    ("pending", "claim"): "processing",
    ("pending", "cancel"): "failed",
    ("processing", "complete"): "completed",
    ("processing", "fail"): "failed",
    ("processing", "release"): "pending",
    ("processing", "retry"): "pending",
    ("processing", "recover"): "pending",
    ("processing", "cancel"): "processing",
    ("completed", "rerun"): "pending",
    ("failed", "rerun"): "pending",
}
"""Every step that changes something, and where it leads; all others leave the task as it is."""

STEPS: dict[str, Callable[[TaskStore, str], object]] = {
    "claim": lambda store, _: store.claim(),
    "complete": lambda store, task_id: store.complete(task_id, 1, RESULT),
    "fail": lambda store, task_id: store.fail(task_id, 1, BAD),
    "release": lambda store, task_id: store.release(task_id, 1),
    "retry": lambda store, task_id: store.retry(task_id, 1, JobFailure("worker_died", "a crash")),
    "recover": lambda store, _: store.recover(),
    "cancel": lambda store, task_id: store.cancel(task_id),
    "rerun": lambda store, task_id: store.rerun(task_id),
    "set_progress": lambda store, task_id: store.set_progress(task_id, 1, "x", 1),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", STATES)
def test_only_legal_steps_are_taken(store: TaskStore, state: str, step: str) -> None:
    task_id = STATES[state](store)
    before = store.get(task_id)
    is_refused = step in ("cancel", "rerun") and (state, step) not in LEGAL
    with pytest.raises(StateConflictError, match=state) if is_refused else nullcontext():
        STEPS[step](store, task_id)
    after = store.get(task_id)
    assert after.status == LEGAL.get((state, step), state)
    if (state, step) not in LEGAL and (state, step) != ("processing", "set_progress"):
        assert after == before


@pytest.mark.parametrize("step", ["complete", "fail", "release", "retry", "set_progress"])
def test_a_stale_attempt_writes_nothing(store: TaskStore, step: str) -> None:
    first = in_work(store)
    store.recover()
    second = claimed(store)
    assert (first.attempts, second.attempts) == (1, 2)
    before, version = store.get(first.task_id), store.version()
    assert not STEPS[step](store, first.task_id)
    assert (store.get(first.task_id), store.version()) == (before, version)


@pytest.mark.parametrize("back", ["release", "fail"])
def test_the_number_of_an_attempt_never_comes_again(store: TaskStore, back: str) -> None:
    """A worker of a run that is over must not pass for one of the next run."""
    task = in_work(store)
    STEPS[back](store, task.task_id)
    if back == "fail":
        store.rerun(task.task_id)
    assert claimed(store).attempts == 2
    assert not store.complete(task.task_id, 1, RESULT)


# -- the queue


def test_each_task_is_claimed_once(store: TaskStore) -> None:
    added = [store.add(new_task())[0].task_id for _ in range(200)]
    with ThreadPoolExecutor(8) as pool:
        tasks = list(pool.map(lambda _: store.claim(), range(250)))
    got = [task.task_id for task in tasks if task is not None]
    assert sorted(got) == sorted(added)


def test_the_queue_goes_by_arrival_and_positions_follow(store: TaskStore) -> None:
    added = [store.add(new_task())[0].task_id for _ in range(5)]
    assert [task.task_id for task in store.queue()] == added
    assert [task.queue_position for task in store.queue()] == [1, 2, 3, 4, 5]
    store.cancel(added[1])
    assert claimed(store).task_id == added[0]
    assert [store.get(task_id).queue_position for task_id in added] == [None, None, 1, 2, 3]
    page = store.page(TaskQuery(descending=False))
    assert [task.queue_position for task in page.tasks] == [None, None, 1, 2, 3]
    assert [task.task_id for task in store.active()] == added[:1]


@pytest.mark.parametrize("step", ["release", "retry", "recover"])
def test_what_goes_back_keeps_its_place(store: TaskStore, step: str) -> None:
    added = [store.add(new_task())[0].task_id for _ in range(3)]
    claimed(store)
    STEPS[step](store, added[0])
    assert [task.task_id for task in store.queue()] == added


def test_a_rerun_queues_at_the_end_and_forgets_the_old_result(store: TaskStore) -> None:
    task = completed(store)
    waiting = store.add(new_task())[0]
    again = store.rerun(task.task_id, has_config=True)
    assert again.task_id == task.task_id
    assert (again.queue_position, again.results, again.gases, again.progress) == (2, (), (), 0)
    assert (again.finished_at, again.failure, again.has_config) == (None, None, True)
    assert claimed(store).task_id == waiting.task_id


def test_the_limit_of_the_queue_holds_under_a_rush(database: Database) -> None:
    store = store_in(database, max_queue=10)
    old = completed(store)

    def add(_: int) -> bool:
        try:
            return store.add(new_task())[1]
        except QueueFullError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(50))) == 10
    assert store.counts().pending == 10
    with pytest.raises(QueueFullError):
        store.rerun(old.task_id)
    claimed(store)
    store.rerun(old.task_id)


# -- idempotency


def test_fifty_equal_requests_make_one_task(store: TaskStore) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(lambda _: store.add(new_task(idempotency_key="k", fingerprint="f", owner_key_id="o")), range(50))
        )
    assert len({task.task_id for task, _ in answers}) == 1
    assert sum(created for _, created in answers) == 1
    assert store.counts().pending == 1


def taken(store: TaskStore, owner: str | None) -> int:
    """Add tasks of an owner until they are refused; return how many there were."""
    for number in range(10_000):
        try:
            store.add(new_task(owner_key_id=owner))
        except QueueFullError:
            return number
    raise AssertionError("nothing was refused")


@pytest.mark.parametrize("max_queue", [5, 100])
def test_a_key_leaves_room_for_the_others(database: Database, max_queue: int) -> None:
    store = store_in(database, max_queue, queue_share=80)
    assert taken(store, "greedy") == 0.8 * max_queue
    later = [taken(store, f"later {number}") for number in range(3)]
    assert sum(later) > 0
    assert later == sorted(later, reverse=True)  # the fuller the queue, the less a new one gets, but the queue has room
    assert taken(store, "greedy") == 0
    free = max_queue - store.counts().pending
    assert taken(store, None) == free  # without a key nobody can be told from the others


def test_a_key_that_leaves_places_free_may_fill_them_again(database: Database) -> None:
    store = store_in(database, 10, queue_share=80)
    assert taken(store, "one") == 8
    for _ in range(3):
        assert store.claim() is not None
    assert taken(store, "one") == 3
    done = store.add(new_task())[0]  # of nobody: no share of a key
    store.cancel(done.task_id)
    with pytest.raises(QueueFullError, match="of this key wait already"):
        store.add(new_task(owner_key_id="one"))


def test_running_again_counts_as_waiting(database: Database) -> None:
    store = store_in(database, 5, queue_share=60)
    task = store.add(new_task(owner_key_id="one"))[0]
    store.cancel(task.task_id)
    assert taken(store, "one") == 3
    with pytest.raises(QueueFullError, match="of this key"):
        store.rerun(task.task_id)


def test_an_idempotency_key_belongs_to_its_owner_and_content(database: Database) -> None:
    store = store_in(database, max_queue=2)
    first = store.add(new_task(idempotency_key="k", fingerprint="f"))[0]
    other = store.add(new_task(idempotency_key="k", fingerprint="f", owner_key_id="o"))[0]
    assert other.task_id != first.task_id
    assert store.find_idempotent(None, "k") == first
    assert store.find_idempotent("o", "k") == other
    assert store.find_idempotent("p", "k") is None
    with pytest.raises(StateConflictError, match="another upload"):
        store.add(new_task(idempotency_key="k", fingerprint="g"))
    # The queue is full, but this task stands in it already.
    assert store.add(new_task(idempotency_key="k", fingerprint="f")) == (first, False)


# -- after a crash, and stopping


def test_recovery_happens_once(store: TaskStore) -> None:
    for _ in range(3):
        in_work(store)
    store.add(new_task())
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: store.recover().pending, range(8))) == 3
    assert store.counts().pending == 4


def test_a_task_that_kills_every_server_is_given_up(database: Database) -> None:
    store = store_in(database, max_attempts=4)
    store.add(new_task())
    for attempt in range(1, 4 * SERVER_ENDS + 1):
        assert claimed(store).attempts == attempt
        recovered = store.recover()
    assert recovered.pending == 0
    assert [task.failure and task.failure.type for task in recovered.given_up] == ["worker_lost"]
    store.rerun(recovered.given_up[0].task_id)
    claimed(store)
    assert store.recover().pending == 1  # asked for again, it has its attempts again


def test_ends_of_the_server_do_not_count_as_ends_of_the_worker(database: Database) -> None:
    store = store_in(database, max_attempts=2)
    task = in_work(store)
    for _ in range(5):
        assert store.recover().pending == 1
        attempt = claimed(store).attempts
    died = JobFailure("worker_lost", "killed")
    assert store.retry(task.task_id, attempt, died)
    assert not store.retry(task.task_id, claimed(store).attempts, died)
    assert store.get(task.task_id).failure == died


def test_released_attempts_do_not_count(database: Database) -> None:
    store = store_in(database, max_attempts=2)
    task = in_work(store)
    for attempt in range(1, 10):
        assert store.release(task.task_id, attempt)
        claimed(store)
    assert store.recover().pending == 1


def test_retries_end_with_their_failure(database: Database) -> None:
    store = store_in(database, max_attempts=4)
    task = in_work(store)
    killed = JobFailure("out_of_memory", "too big")
    assert store.retry(task.task_id, 1, killed, most_attempts=2)
    assert claimed(store).attempts == 2
    assert not store.retry(task.task_id, 2, killed, most_attempts=2)
    assert store.get(task.task_id).failure == killed


@pytest.mark.parametrize("step", ["release", "retry", "recover"])
def test_what_was_to_be_cancelled_does_not_come_back(store: TaskStore, step: str) -> None:
    task = in_work(store)
    assert store.cancel(task.task_id).cancel_requested
    STEPS[step](store, task.task_id)
    failure = store.get(task.task_id).failure
    assert failure is not None
    assert failure.type == "cancelled"


# -- changing and deleting


def test_names_and_pins(store: TaskStore) -> None:
    task = completed(store)
    assert store.rename(task.task_id, "Märkisch 沼气").name == "Märkisch 沼气"
    assert store.pin(task.task_id, True).pinned
    assert not store.pin(task.task_id, False).pinned


def test_a_deleted_task_is_gone_for_everybody_at_once(store: TaskStore) -> None:
    task = store.add(new_task(idempotency_key="k"))[0]
    store.begin_delete(task.task_id)
    with pytest.raises(UnknownIdError):
        store.get(task.task_id)
    assert (store.page(TaskQuery()).total, store.counts().failed, store.queue(), store.claim()) == (0, 0, (), None)
    assert store.find_idempotent(None, "k") is None
    assert store.half_deleted() == (task.task_id,)
    assert task.task_id in store.known_ids()
    store.delete(task.task_id)
    assert store.half_deleted() == ()
    assert store.known_ids() == frozenset()


def test_a_task_deleted_in_work_goes_when_the_work_has_ended(store: TaskStore) -> None:
    task = in_work(store)
    store.begin_delete(task.task_id)
    assert store.half_deleted() == ()
    assert store.fail(task.task_id, 1, BAD)
    assert store.half_deleted() == (task.task_id,)


def test_cleaning_begins_only_on_a_task_as_it_was_seen(store: TaskStore, database: Database) -> None:
    task = completed(store)
    store.pin(task.task_id, True)
    assert not store.begin_cleaning(task)
    store.pin(task.task_id, False)
    store.rerun(task.task_id)
    assert not store.begin_cleaning(task)
    other = completed_after(store)
    backdate(database, [other.task_id], 60)
    assert not store.begin_cleaning(other)
    assert store.begin_cleaning(store.get(other.task_id))


def completed_after(store: TaskStore) -> Task:
    """Return the waiting task, completed."""
    task = claimed(store)
    store.complete(task.task_id, task.attempts, RESULT)
    return store.get(task.task_id)


def test_what_has_expired(store: TaskStore, database: Database) -> None:
    good, pinned, bad, waiting = completed(store), completed(store), failed(store), store.add(new_task())[0]
    store.pin(pinned.task_id, True)
    ages = CleanupSettings(successful_task_cleanup_age=100, failed_task_cleanup_age=1000)
    now = utc_now()

    def after(seconds: int) -> list[str]:
        return [task.task_id for task in store.expired(ages, now + timedelta(seconds=seconds))]

    # The times in the table are whole seconds, so one second of doubt on either side.
    assert after(98) == []
    assert after(101) == [good.task_id]
    assert after(998) == [good.task_id]
    assert after(1001) == [good.task_id, bad.task_id]
    assert store.get(waiting.task_id).status is TaskStatus.PENDING


def test_results_from_before_the_detection_limit_was_kept_are_read() -> None:
    before = '[{"gas": "ch4", "flux_kg_h": 4.2, "low_kg_h": 3.0, "high_kg_h": 5.4, "level": 0.9, "grade": "B"}]'
    assert gases_from_json(before) == RESULT.gases
    since = (replace(RESULT.gases[0], detection_limit_kg_h=0.7),)
    assert gases_from_json(gases_as_json(since)) == since


# -- lists


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TaskStore]:
    """Five thousand tasks, most of them completed, with results as long as real ones."""
    with filled(tmp_path_factory.mktemp("many"), 5_000) as store:
        yield store


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TaskStore]:
    """A fiftieth of them."""
    with filled(tmp_path_factory.mktemp("few"), 100) as store:
        yield store


@contextmanager
def filled(folder: Path, count: int) -> Iterator[TaskStore]:
    """Yield a store of so many tasks: two made through it, the others as copies of their rows."""
    with closing(opened(folder / "gasflux.db")) as database:
        store = store_in(database)
        result = JobResult(RESULT.results * 8, (*RESULT.gases, GasSummary("co2", None, None, None, 0.9, "D")))
        multiply(database, store, result, count - 2)
        yield store


def multiply(database: Database, store: TaskStore, result: JobResult, copies: int) -> None:
    """Add a completed task, a waiting one and copies of both."""
    task = completed(store, result)
    waiting = store.add(new_task("waiting"))[0]
    with database.write() as connection:
        columns = [row["name"] for row in connection.execute("PRAGMA table_info(tasks)")]
        for number in range(copies):
            source = task.task_id if number % 5 else waiting.task_id
            changed = {
                "task_id": f"'{new_task().task_id}'",
                "name": f"'site {number:04d}'",
                "queue_order": str(number + 3),
            }
            values = ", ".join(changed.get(column, column) for column in columns)
            connection.execute(f"INSERT INTO tasks SELECT {values} FROM tasks WHERE task_id = ?", (source,))


QUERIES = {
    "plain": TaskQuery(),
    "last page": TaskQuery(page=250),
    "status": TaskQuery(status=TaskStatus.COMPLETED),
    "waiting": TaskQuery(status=TaskStatus.PENDING, descending=False),
    "text": TaskQuery(text="site 43", sort="name"),
    "name": TaskQuery(sort="name", descending=False, page=100),
    "size": TaskQuery(sort="size", per_page=100),
    "gas": TaskQuery(gas="CO2", sort="updated_at"),
    "times": TaskQuery(since=utc_now() - timedelta(days=1), until=utc_now() + timedelta(days=1), sort="status"),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_pages_cost_little_more_of_fifty_times_the_tasks(many: TaskStore, few: TaskStore, query: TaskQuery) -> None:
    """A list that every open page polls: what is not on the page is counted by the database and never read."""
    alike = replace(query, page=min(query.page, 100 // query.per_page), text=query.text and "site 00")
    assert len(many.page(query).tasks) == len(few.page(alike).tasks) > 0
    # Measured 2 to 8; 50 when every row is read.
    assert times_longer(lambda: many.page(query), lambda: few.page(alike)) < 20.0


def test_pages_join_without_gap_or_repetition(many: TaskStore) -> None:
    for sort in ("created_at", "status"):  # all times are equal, and there are only two statuses
        query = TaskQuery(sort=sort, per_page=1000)
        pages = [many.page(replace(query, page=number)) for number in range(1, 7)]
        assert pages[0].total == 5000
        assert len({task.task_id for page in pages for task in page.tasks}) == 5000
        assert pages[5].tasks == ()


def test_a_query_finds_what_it_says(store: TaskStore) -> None:
    done = completed(store)
    for name in ("100% site", "100 sites", "a_b", "aXb", "back\\slash"):
        store.add(new_task(name))
    names = {
        text: [task.name for task in store.page(TaskQuery(text=text)).tasks] for text in ("0%", "a_b", "\\", "SITES")
    }
    assert names == {"0%": ["100% site"], "a_b": ["a_b"], "\\": ["back\\slash"], "SITES": ["100 sites"]}
    assert store.page(TaskQuery(text=done.task_id[:8])).tasks == (done,)
    assert store.page(TaskQuery(gas="CH4")).tasks == (done,)
    assert [store.page(TaskQuery(gas=gas)).total for gas in ("n2o", "c%4", "h4", '"', "")] == [0] * 5
    assert store.page(TaskQuery(status=TaskStatus.COMPLETED)).tasks == (done,)
    assert store.page(TaskQuery(until=utc_now() - timedelta(hours=1))).total == 0
    with pytest.raises(ValueError, match="possible: created_at"):
        store.page(TaskQuery(sort="1; DROP TABLE tasks"))


def test_counts_and_times(store: TaskStore) -> None:
    assert store.counts().median_duration_s is None
    completed(store)
    failed(store)
    in_work(store)
    store.add(new_task())
    counts = store.counts()
    assert (counts.pending, counts.processing, counts.completed, counts.failed, counts.unfinished) == (1, 1, 1, 1, 2)
    assert counts.median_duration_s is not None
    assert counts.median_wait_s is not None
    # Both took no work at all; ten seconds allow for a machine that is very busy.
    assert 0 <= counts.median_duration_s < 10
    assert 0 <= counts.median_wait_s < 10


def test_waiting_for_a_rerun_is_not_counted_from_the_first_upload(store: TaskStore, database: Database) -> None:
    task = completed(store)
    backdate(database, [task.task_id], 3600)
    store.rerun(task.task_id)
    completed_after(store)
    wait = store.counts().median_wait_s
    assert wait is not None
    assert wait < 60  # it waited no time; anything far below the hour since the upload shows it


def test_the_version_grows_with_every_change(store: TaskStore) -> None:
    seen = [store.version()]
    new: NewTask = new_task()
    steps: tuple[Callable[[], object], ...] = (
        lambda: store.add(new),
        store.claim,
        lambda: store.set_progress(new.task_id, 1, "x", 5),
        lambda: store.complete(new.task_id, 1, RESULT),
        lambda: store.rename(new.task_id, "y"),
        lambda: store.begin_delete(new.task_id),
        lambda: store.delete(new.task_id),
    )
    for step in steps:
        step()
        seen.append(store.version())
    assert seen == sorted(set(seen))
    assert store.version() == store.version()
