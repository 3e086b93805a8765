"""What the node asks of a durable queue; every answer is on disk before it is given."""

from collections.abc import Collection, Sequence
from typing import Literal, Protocol

from ..jobs import Arrival, Job, Kind, Reception, State

Stage = Literal["work", "delivery"]
"""``work`` leads from queued over running to built, ``delivery`` from built to sent."""


class JobQueue(Protocol):
    """A queue that many threads, processes and, if it is a server, many nodes share.

    Whoever claims a job gets a lease with a token. Every method that ends a lease takes the job as it was claimed,
    and tells whether the lease was still the caller's; if not, nothing was changed and another does the work.
    """

    def identity(self) -> str:
        """Tell this queue from every other; made with its tables."""

    def put(self, arrival: Arrival, digest: str = "") -> Reception:
        """Enter an object, once for each UID and recipe.

        An object whose job is dead without products, or skipped, replaces it if `digest` is given and differs from
        the job's; the caller who is told `KNOWN` of such a job may compute the digest and ask again.
        """

    def find(self, sop_instance_uid: str, recipe: str) -> Job | None:
        """The job of an object, if there is one."""

    def known(self, sop_instance_uids: Collection[str], recipe: str) -> set[str]:
        """Those of the UIDs that have a job."""

    def claim(self, stage: Stage, owner: str, lease_s: float, limit: int = 1) -> list[Job]:
        """Lease up to `limit` jobs that are due, oldest first; every claim is an attempt.

        A lease that ran out makes its job due again.
        """

    def built(self, job: Job, products: Sequence[str], recipe: str, digest: str) -> bool:
        """Say that the results are on disk; `recipe` is the one they were made by.

        If another job of this object has that recipe already, this one becomes skipped, ``answered_before``.
        """

    def sent(self, job: Job) -> bool:
        """Say that the PACS has them."""

    def skipped(self, job: Job, kind: Kind, reason: str, digest: str = "") -> bool:
        """Say that there will be no result."""

    def dead(self, job: Job, kind: Kind, reason: str, digest: str = "") -> bool:
        """Give it up."""

    def again(self, job: Job, kind: Kind, reason: str, wait_s: float, *, counts: bool = True) -> bool:
        """End the lease and make the job due after `wait_s` seconds; with ``counts=False`` it was no attempt."""

    def release(self, owner: str) -> int:
        """End all leases of an owner that is gone (owners that begin with `owner`); these were no attempts."""

    def retry(self, ids: Collection[int] | None = None) -> int:
        """Make dead jobs due at once, those with products as if built now; ``None`` means all; how many."""

    def get(self, job_id: int) -> Job | None:
        """One job."""

    def jobs(self, state: State | None = None, limit: int = 100) -> list[Job]:
        """Jobs, latest first."""

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state; every state has an entry."""

    def kinds(self) -> dict[tuple[State, Kind], int]:
        """How many skipped and dead jobs there are of each kind, and waiting ones that were tried in vain."""

    def oldest(self, state: State) -> float | None:
        """When the oldest job in this state was received."""

    def paths(self) -> set[str]:
        """Paths of the objects that are still needed: by jobs that are neither sent nor skipped."""

    def clear_path(self, job_id: int) -> None:
        """Note that a finished job's object was removed."""

    def expired(self, before: float, limit: int = 1000) -> list[Job]:
        """Jobs sent before a moment that still have products."""

    def clear_products(self, job_id: int) -> None:
        """Note that the products were removed."""

    def close(self) -> None:
        """Close what is open in this process."""
