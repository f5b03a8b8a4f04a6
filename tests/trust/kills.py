"""Run a function again and again in a child that is killed at an operation on files.

The operations are what Python's audit hooks report: opening, making, renaming and
removing files and folders, and look-ups in the C library, by which folders are
exchanged. The child ends instead of the operation, so that the next number is the
moment after it.
"""

import os
import sys

#: The audit events that count.
EVENTS = {
    "ctypes.dlsym",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.truncate",
    "open",
}


def kill_at(number, folder=""):
    """End this process at an operation on files in a folder, counted from 1."""
    left = [number]

    def watch(event, arguments):
        if event not in EVENTS:
            return
        path = str(arguments[0])
        # Modules that are imported on the way are opened, too.
        if event == "ctypes.dlsym" or (
            path.startswith(folder) and not path.endswith((".py", ".pyc"))
        ):
            left[0] -= 1
            if not left[0]:
                os._exit(9)

    sys.addaudithook(watch)


def survives(function, number=0, folder=""):
    """Call a function in a child, killed at an operation; return whether it ended."""
    if child := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, 9), code
        return code == 0
    code = 1
    try:
        if number:
            kill_at(number, folder)
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
