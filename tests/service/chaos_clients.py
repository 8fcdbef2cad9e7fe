"""Clients of a server to which bad things happen; they remember what they were promised, and whether it was kept."""

from __future__ import annotations

import hashlib
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import requests
from patience import HANG_S
from quick_flight import quick_flight

FETCHED: Final = ("report.html", "output_vars.json")
BAD_FLIGHT: Final = b"latitude,longitude\n1,2\n"
NOT_NOW: Final = 503
MOST_UNFINISHED = 3
"""More waiting tasks would measure the machine, not the service."""

MOST_KEPT = 12
"""Finished tasks above it are deleted by their clients: the data lie on a small disk."""

PAUSE_S = 0.1
"""Between two requests of a client, on average: the server shall have time for its tasks."""


@dataclass
class Promises:
    """What the server said it would do, of all clients together."""

    good: set[str] = field(default_factory=set)
    """Accepted flights, which must complete."""
    bad: set[str] = field(default_factory=set)
    """Accepted flights that cannot be read, which must fail."""
    cancelled: set[str] = field(default_factory=set)
    """Flights whose end somebody asked for, heard or not."""
    deleted: set[str] = field(default_factory=set)
    """Tasks whose removal somebody asked for, heard or not."""
    final: dict[str, str] = field(default_factory=dict)
    """Status of the tasks that have ended."""
    digests: dict[tuple[str, str], str] = field(default_factory=dict)
    """Results as they were first read."""
    broken: list[str] = field(default_factory=list)
    """What was not kept."""
    answers: Counter[str] = field(default_factory=Counter)

    @property
    def accepted(self) -> set[str]:
        """Every task that was promised and that nobody asked to remove."""
        return (self.good | self.bad) - self.deleted

    @property
    def unfinished(self) -> set[str]:
        """Tasks that have not ended, as far as somebody looked."""
        return self.accepted - self.final.keys()


class ChaosClient:
    """Does one thing after the other, at random, and takes a refusal for now or a broken connection as they come.

    Parameters
    ----------
    address
        Returns where the server listens at present.
    promises
        Shared by all clients.
    seed
        Of what it does.
    """

    def __init__(self, address: Callable[[], str], promises: Promises, seed: int) -> None:
        self._address = address
        self._promises = promises
        self._random = random.Random(seed)
        self._session = requests.Session()
        self._unsettled: tuple[str, bool] | None = None
        self.may_upload = threading.Event()
        self.may_upload.set()
        self._asks_again = threading.Event()

    def work(self, over: threading.Event) -> None:
        """Do so until it is over."""
        acts = (self.upload,) * 3 + (self.look,) * 4 + (self.fetch,) * 4 + (self.read_lists, self.cancel, self.delete)
        while not over.is_set():
            act = self._random.choice(acts)
            (self.upload if self.is_unsettled and self._asks_again.is_set() else act)()
            over.wait(self._random.uniform(0.0, 2.0 * PAUSE_S))

    @property
    def is_unsettled(self) -> bool:
        """Whether an upload has had no answer."""
        return self._unsettled is not None

    def settle_soon(self) -> None:
        """Ask again for the upload that got no answer before all else: the server is well."""
        if self._unsettled is not None:
            self._asks_again.set()

    def upload(self) -> None:
        """Upload a flight, or ask again for the one that got no answer, under the same key."""
        promises = self._promises
        if self._unsettled is None:
            if len(promises.unfinished) >= MOST_UNFINISHED or not self.may_upload.is_set():
                return
            self._unsettled = str(uuid.UUID(int=self._random.getrandbits(128))), self._random.random() < 0.8
        key, is_good = self._unsettled
        file = ("flight.csv", quick_flight() if is_good else BAD_FLIGHT)
        answer = self._ask("POST", "/upload", {202, 422}, files={"file": file}, headers={"Idempotency-Key": key})
        if answer is None:
            return
        (promises.good if is_good else promises.bad).add(answer["data"]["task_id"])
        self._unsettled = None
        self._asks_again.clear()

    def look(self) -> None:
        """Look at a task."""
        if (task_id := self._any(self._promises.accepted)) is not None:
            self.see(task_id)

    def see(self, task_id: str) -> None:
        """Note how a task stands."""
        answer = self._ask("GET", f"/task/{task_id}", {200}, about=task_id)
        if answer is not None and answer["data"]["status"] in ("completed", "failed"):
            self._promises.final[task_id] = answer["data"]["status"]
            self._judge(task_id, answer["data"])

    def fetch(self) -> None:
        """Fetch a result."""
        done = [task_id for task_id, status in dict(self._promises.final).items() if status == "completed"]
        if (task_id := self._any(set(done) - self._promises.deleted)) is not None:
            self.read(task_id)

    def read(self, task_id: str) -> None:
        """Fetch the results of a task and compare them with what they were."""
        for name in FETCHED:
            content = self._ask("GET", f"/download/{task_id}/{name}", {200}, about=task_id, is_json=False)
            if content is None:
                continue
            digest = hashlib.sha256(content).hexdigest()
            if self._promises.digests.setdefault((task_id, name), digest) != digest:
                self._promises.broken.append(f"{name} of {task_id} changed")

    def read_lists(self) -> None:
        """Read what pages and monitors read."""
        for path in ("/tasks", "/tasks/queue", "/stats", "/reports"):
            self._ask("GET", path, {200})

    def cancel(self) -> None:
        """End a task now and then."""
        if self._random.random() < 0.05 and (task_id := self._any(self._promises.unfinished)) is not None:
            self._promises.cancelled.add(task_id)
            self._ask("PUT", f"/task/{task_id}", {200, 409}, about=task_id, json={"status": "failed"})

    def delete(self) -> None:
        """Remove a finished task when there are many."""
        finished = self._promises.final.keys() - self._promises.deleted
        if len(finished) > MOST_KEPT and (task_id := self._any(finished)) is not None:
            self._promises.deleted.add(task_id)
            self._ask("DELETE", f"/task/{task_id}", {200}, about=task_id)

    def _judge(self, task_id: str, task: dict[str, Any]) -> None:
        """Note a task that ended otherwise than it must."""
        promises, kind = self._promises, task["error_type"]
        is_kept = task["status"] == ("failed" if task_id in promises.bad else "completed")
        if not is_kept and not (task_id in promises.cancelled and kind == "cancelled"):
            promises.broken.append(f"{task_id} is {task['status']}: {kind}, {task['error']}")

    def _any(self, task_ids: Iterable[str]) -> str | None:
        """Return one of some tasks."""
        found = sorted(task_ids)
        return self._random.choice(found) if found else None

    def _ask(
        self, method: str, path: str, good: set[int], *, about: str = "", is_json: bool = True, **options: Any
    ) -> Any:
        """Return what the server answers; None when it refuses for now, or does not answer at all."""
        try:
            answer = self._session.request(method, self._address() + path, timeout=HANG_S, **options)
        except requests.RequestException:
            self._promises.answers["no answer"] += 1
            return None
        self._promises.answers[str(answer.status_code)] += 1
        if answer.status_code in good:
            return answer.json() if is_json else answer.content
        if answer.status_code != NOT_NOW and about not in self._promises.deleted:
            self._promises.broken.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return None
