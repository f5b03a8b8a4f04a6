"""Run a function again and again in a child that is killed at an operation on files.

The operations are what Python's audit hooks tell of: opening, making, renaming and
removing files and folders, and calls of the C library. The child ends instead of the
operation, so that the next number is the moment after it.
"""

import os
import sys

#: What counts as an operation on files.
EVENTS = {
    "ctypes.dlsym",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.truncate",
    "open",
}


def kill_at(number):
    """End this process at an operation on files, counted from 1."""
    left = [number]

    def watch(event, arguments):
        # Modules that are imported on the way are read, too.
        if event in EVENTS and not str(arguments[0]).endswith((".py", ".pyc")):
            left[0] -= 1
            if not left[0]:
                os._exit(9)

    sys.addaudithook(watch)


def survives(function, number):
    """Call a function in a child, killed at an operation; tell whether it ended."""
    if child := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, 9), code
        return code == 0
    code = 1
    try:
        kill_at(number)
        function()
        code = 0
    finally:
        os._exit(code)


def kill_at_every_operation(function, check):
    """Kill a function at every operation; call `check` after each kill.

    Returns how many kills there were.
    """
    number = 1
    while not survives(function, number):
        check(number)
        number += 1
    return number - 1
