"""Write models as fastText does, byte by byte."""

import struct


def make_model(
    words, rows, *, bucket, minn, maxn, floret=(), quantized=False, labels=()
):
    """Write a model as fastText's source says: settings, words, rows."""
    data = struct.pack("<ii", 793712314, 12)
    args = [rows.shape[1], 5, 5, 1, 5, 1, 2, 2, bucket, minn, maxn, *floret, 100]
    data += struct.pack(f"<{len(args)}id", *args, 1e-4)
    n_all = len(words) + len(labels)
    data += struct.pack("<iiiqq", n_all, len(words), len(labels), 99, -1)
    for kind, entries in enumerate((words, labels)):
        for word in entries:
            data += word.encode() + b"\0" + struct.pack("<qb", 7, kind)
    return data + struct.pack("<?qq", quantized, *rows.shape) + rows.tobytes()
