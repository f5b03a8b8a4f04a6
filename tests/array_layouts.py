"""Make arrays in every memory layout."""

import numpy as np

BASE = np.arange(24, dtype="f").reshape(4, 6)


READ_ONLY = BASE.copy()


UNALIGNED = np.frombuffer(bytearray(b"x" + BASE.tobytes()), "f", offset=1)


#: Layouts that share the array's memory.
SHARED = {
    "C": BASE.copy(),
    "first rows": BASE.copy()[:2],
    "flat": BASE.copy().ravel(),
    "integers": np.arange(5),
    "no rows": np.zeros((0, 3), "f"),
    "no dimensions": np.array(2.5, "f"),
}


#: Layouts that are copied.
COPIED = {
    "F": np.asfortranarray(BASE),
    "transposed": BASE.T,
    "columns": BASE[:, 1:3],
    "every second": BASE.ravel()[::2],
    "reversed": BASE[::-1],
    "broadcast": np.broadcast_to(BASE[0], (3, 6)),
    "repeated": np.lib.stride_tricks.as_strided(BASE, (3, 6), (0, 4)),
    "read-only": READ_ONLY,
    "unaligned": UNALIGNED,
    "other byte order": BASE.astype(BASE.dtype.newbyteorder()),
}
