"""One connection to the scheduler of a dask cluster: jobs out, news and results in."""

from __future__ import annotations

import pickle
import queue
import uuid
from types import TracebackType
from typing import Any, Final, Self

import dask
from distributed import Client

from gasflux.jobs.bundle import Delivery, JobBundle
from gasflux.jobs.dask_worker import run_bundle
from gasflux.version import __version__

CONNECT_S: Final = 5.0
"""A scheduler that does not answer within this time is away."""

CLOSE_S: Final = 2.0
ENDED_S: Final = 1.5
"""How long a worker's word is awaited that it has ended a job; it looks five times a second."""

_GONE: Final = frozenset({"cancelled", "lost"})


class Ticket:
    """A bundle that the cluster has.

    A context manager: on leaving it without a result the job is withdrawn.
    """

    def __init__(self, session: DaskSession, key: str) -> None:
        self._session = session
        self._key = key
        self._works = False
        self._news: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self.future: Any = None

    def put(self, news: tuple[Any, ...]) -> None:
        """Take news that came for it, in whichever thread."""
        self._news.put(news)

    def next(self, timeout_s: float) -> tuple[Any, ...] | None:
        """Return the next news, as `dask_worker` and `host` tell them; None when there are none for a while."""
        try:
            news = self._news.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if news[0] in ("began", "ended"):
            self._works = news[0] == "began"
        return news

    @property
    def is_gone(self) -> bool:
        """Whether the cluster has lost the job: the scheduler ended, or forgot everything it knew."""
        return not self._session.is_up or self.future.status in _GONE

    def delivery(self) -> Delivery:
        """Fetch the result of a job that is done; raises what kept it from one."""
        delivery: Delivery = self.future.result()
        return delivery

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The scheduler forgets what no client holds, and its worker ends what the scheduler has forgotten.
        self.future.release()
        while self._works and self._session.is_up and self.next(ENDED_S) is not None:
            pass
        self._session.forget(self._key)


class DaskSession:
    """A connection that is used until it breaks, and then replaced by another.

    Parameters
    ----------
    address
        Of the scheduler, as in ``tcp://host:8786``. Certificates for ``tls://`` come from dask's own configuration.

    Raises
    ------
    OSError
        When nobody answers there.
    """

    def __init__(self, address: str) -> None:
        # Flights travel with their tasks: what is kept on a worker instead is lost with it.
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"})
        self._client = Client(address, timeout=CONNECT_S, set_as_default=False, name="gasflux")
        self._topic = f"gasflux-{uuid.uuid4()}"
        self._tickets: dict[str, Ticket] = {}
        self._client.subscribe_topic(self._topic, self._on_event)

    @property
    def is_up(self) -> bool:
        """Whether the scheduler is there."""
        return bool(self._client.status == "running")

    def threads(self) -> dict[str, int]:
        """Ask the scheduler for its workers, by address, and the threads of each."""
        threads: dict[str, int] = self._client.nthreads()
        return threads

    def strangers(self) -> list[str]:
        """Ask every machine of the cluster what it has installed; return a phrase for each difference from here."""
        versions = self._client.get_versions(packages=["gasflux"])
        machines = {"the scheduler": versions["scheduler"]} | versions["workers"]
        own = _installed(versions["client"])
        return [
            f"{machine} has {name} {version or 'missing'}, not {own[name]}"
            for machine, answer in machines.items()
            for name, version in _installed(answer).items()
            if version != own[name]
        ]

    def submit(self, bundle: JobBundle) -> Ticket:
        """Hand a job to the cluster."""
        key = f"gasflux-{bundle.task_id}-{bundle.attempt}-{uuid.uuid4().hex}"
        ticket = self._tickets[key] = Ticket(self, key)
        ticket.future = self._client.submit(
            run_bundle, pickle.dumps(bundle), __version__, self._topic, key=key, pure=False, retries=0
        )
        ticket.future.add_done_callback(lambda future: ticket.put(("done",)))
        return ticket

    def forget(self, key: str) -> None:
        """Pass on no more news of a job."""
        self._tickets.pop(key, None)

    def close(self) -> None:
        """Hang up; the scheduler forgets every job."""
        self._client.close(timeout=CLOSE_S)

    def _on_event(self, event: tuple[float, Any]) -> None:
        """Pass news on to the ticket they are for."""
        key, *news = event[1]
        if ticket := self._tickets.get(key):
            ticket.put(tuple(news))


def _installed(answer: dict[str, Any]) -> dict[str, str | None]:
    """Return what must be the same everywhere, lest pickles cannot be read or results differ."""
    packages = answer["packages"]
    python = ".".join(packages["python"].split(".")[:2])
    return {"gasflux": packages.get("gasflux"), "distributed": packages.get("distributed"), "Python": python}
