"""Lock what threads share, also in a process that was forked meanwhile."""

import os
import threading
from weakref import WeakSet


class ForkLock:
    """A lock that is free in a forked process, where its holder does not exist."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _locks.add(self)

    def acquire(self, blocking: bool = True) -> bool:
        """Take the lock; return whether that was possible."""
        return self._lock.acquire(blocking)

    def release(self) -> None:
        """Free the lock."""
        self._lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


_locks: WeakSet[ForkLock] = WeakSet()


def _renew() -> None:
    for lock in _locks:
        lock._lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
