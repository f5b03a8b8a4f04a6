"""End a run in good order when it is asked to stop."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: The signals that ask a run to stop: Ctrl-C, and the end of a job or of a machine.
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """A signal handler that remembers whether the run was asked to stop."""

    is_asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.is_asked:
            raise KeyboardInterrupt("training: stopped at once, without saving.")
        self.is_asked = True
        # Not by print, whose buffer may be in use where the signal came.
        os.write(2, b"\nStopping after this step. Ctrl-C again stops at once.\n")


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Remember Ctrl-C and SIGTERM inside the block; a second one interrupts it.

    Python handles signals in the main thread only; in others nothing changes.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, stop)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            # None stands for a handler that was not set from Python.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
