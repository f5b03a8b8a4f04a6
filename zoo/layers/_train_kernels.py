"""Compile the kernels of an encoder's forward pass in training with numba.

As in `_kernels`, all of it stands in this file, because numba's cache on disk goes by
the file of a function only; a test compares what all these files define. Kernels read
and write raw addresses: `_call_train_kernels` checks all shapes before each call.

They keep which piece of each unit won, as a column, unit * pieces + piece, for the
kernels of `_gradient_kernels`. The number of pieces is the length of a tuple, for which
a kernel is compiled anew.
"""

from fractions import Fraction
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .._compile import kernel

#: Floats of a vector. LLVM divides it where the processor has shorter ones.
LANES = 8
#: Rows that Winograd's algorithm computes at once, from as many products plus two.
TILE = 4
#: Added to the variance, as in `_maxout`.
EPSILON = 1e-8

FLOAT, INT, LONG = ir.FloatType(), ir.IntType(32), ir.IntType(64)
VECTOR = ir.VectorType(FLOAT, LANES)


def sums_kernel(function: Any) -> Any:
    """As `kernel`, with sums in the order that suits vectors, which is always one."""
    return kernel(function, fastmath={"reassoc", "contract", "nsz"})


def _points(points: tuple[Fraction, ...]) -> list[np.ndarray[Any, Any]]:
    """Return the matrices of Winograd's F(4, 3) for points of interpolation.

    Each row is scaled by a power of two, so that the matrices are of like size.

    Returns:
        The matrices that transform outputs, (4, 6), weights, (6, 3), and inputs,
        (6, 6).

    Source:
        Lavin and Gray (2016), https://arxiv.org/abs/1509.09308, with other points:
        0, 5/8, -5/8, 3/2, -3/2 and infinity, whose rounding error is smaller.
    """
    n = len(points) + 1
    outputs = [[float(p**i) for p in points] + [float(i == 3)] for i in range(4)]
    weights, inputs = [], []
    for p in points:
        scale = np.prod([p - q for q in points if q != p])
        weights.append([float(p**j / scale) for j in range(3)])
        inputs.append(_product([q for q in points if q != p], n))
    weights.append([0.0, 0.0, 1.0])
    inputs.append(_product(list(points), n))
    A, G, B = np.array(outputs), np.array(weights), np.array(inputs)
    ratio = np.linalg.norm(B, axis=1) / np.linalg.norm(G, axis=1)
    s = 2.0 ** np.round(np.log2(np.sqrt(ratio)))[:, None]
    return [A, G * s, B / s]


def _product(roots: list[Fraction], n: int) -> list[float]:
    """Return the n coefficients of the polynomial with these roots, lowest first."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        scaled = [*(-root * c for c in coefficients), Fraction(0)]
        coefficients = [a + b for a, b in zip(shifted, scaled, strict=True)]
    padded = coefficients + [Fraction(0)] * (n - len(coefficients))
    return [float(c) for c in padded]


FIVE, THREE = Fraction(5, 8), Fraction(3, 2)
OUTPUTS, WEIGHTS, INPUTS = _points((Fraction(0), FIVE, -FIVE, THREE, -THREE))


# What follows writes LLVM code. `at` is a position in floats.


def _pointer(builder: Any, address: Any, at: Any, type_: Any = VECTOR) -> Any:
    base = builder.inttoptr(address, FLOAT.as_pointer())
    return builder.bitcast(builder.gep(base, [at]), type_.as_pointer())


def _load(builder: Any, address: Any, at: Any) -> Any:
    value = builder.load(_pointer(builder, address, at))
    value.align = 4
    return value


def _store(builder: Any, value: Any, address: Any, at: Any) -> None:
    builder.store(value, _pointer(builder, address, at)).align = 4


def _spread(builder: Any, scalar: Any) -> Any:
    """Fill a vector with one number."""
    empty = ir.Constant(VECTOR, ir.Undefined)
    vector = builder.insert_element(empty, scalar, INT(0))
    zeros = ir.Constant(ir.VectorType(INT, LANES), [0] * LANES)
    return builder.shuffle_vector(vector, empty, zeros)


def _constant(number: float) -> Any:
    return ir.Constant(VECTOR, [float(number)] * LANES)


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """Compute ``a * b + c``, rounded once."""
    signature = ir.FunctionType(VECTOR, [VECTOR] * 3)
    name = f"llvm.fma.v{LANES}f32"
    function = cgutils.get_or_insert_function(builder.module, signature, name)
    return builder.call(function, [a, b, c])


def _combine(builder: Any, matrix: Any, vectors: list[Any]) -> list[Any]:
    """Multiply a matrix of constants with a column of vectors."""
    results = []
    for row in matrix:
        total = None
        for number, vector in zip(row, vectors, strict=True):
            if number == 0:
                continue
            if total is None:
                total = builder.fmul(vector, _constant(number))
            else:
                total = _fma(builder, vector, _constant(number), total)
        results.append(total)
    return results


def _loop(
    builder: Any, count: Any, step: int, start: list[Any], body: Any
) -> list[Any]:
    """Run ``values = body(i, values)`` for i from 0 to count, at least once."""
    entry = builder.block
    block, after = builder.append_basic_block(), builder.append_basic_block()
    builder.branch(block)
    builder.position_at_end(block)
    i = builder.phi(LONG)
    i.add_incoming(LONG(0), entry)
    values = []
    for value in start:
        phi = builder.phi(value.type)
        phi.add_incoming(value, entry)
        values.append(phi)
    results = body(i, values)
    following = builder.add(i, LONG(step))
    for phi, value in zip([i, *values], [following, *results], strict=True):
        phi.add_incoming(value, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, count), block, after)
    builder.position_at_end(after)
    return results


def _void(n_addresses: int, *others: Any) -> Any:
    return types.void(*[types.intp] * n_addresses, *others)


INTS = ir.VectorType(INT, LANES)


def _spread_int(builder: Any, scalar: Any) -> Any:
    """Fill a vector with one whole number."""
    empty = ir.Constant(INTS, ir.Undefined)
    vector = builder.insert_element(empty, scalar, INT(0))
    return builder.shuffle_vector(vector, empty, ir.Constant(INTS, [0] * LANES))


def _read(builder: Any, address: Any, at: Any, type_: Any = FLOAT) -> Any:
    """Read one number."""
    base = builder.inttoptr(address, type_.as_pointer())
    value = builder.load(builder.gep(base, [at]))
    value.align = 8 if type_ is LONG else 4
    return value


def _transpose(builder: Any, rows: list[Any]) -> list[Any]:
    """Return the columns of 8 vectors, whose numbers may be of any type of 4 bytes."""
    rows = list(rows)
    for size in (1, 2, 4):
        # Exchanges blocks: the upper right one of two rows and the lower left one.
        low, high = [], []
        for i in range(LANES):
            kept = i & size == 0
            low.append(i if kept else LANES + i - size)
            high.append(i + size if kept else LANES + i)
        for i in (i for i in range(LANES) if i & size == 0):
            pair = rows[i], rows[i + size]
            rows[i], rows[i + size] = (
                builder.shuffle_vector(*pair, ir.Constant(INTS, order))
                for order in (low, high)
            )
    return rows


def _better(builder: Any, a: Any, b: Any) -> Any:
    """Check where b wins over a: it is larger, or not a number."""
    is_number = builder.fcmp_ordered("ord", a, a)
    return builder.and_(is_number, builder.fcmp_unordered(">", b, a))


def _make_multiply(n_rows: int) -> Any:
    """Make a product of some rows with one group of packed weights."""
    unroll = 4

    @intrinsic
    def multiply(typingctx, x, ldx, w, nI, y, ldy, pieces):  # type: ignore
        P = pieces.count

        def codegen(context, builder, signature, args):  # type: ignore
            x, ldx, w, nI, y, ldy, _ = args

            def body(i, sums):  # type: ignore
                for u in range(unroll):
                    k = builder.add(i, LONG(u))
                    at = builder.mul(k, LONG(P * LANES))
                    columns = [
                        _load(builder, w, builder.add(at, LONG(p * LANES)))
                        for p in range(P)
                    ]
                    new = []
                    for r in range(n_rows):
                        place = builder.add(builder.mul(ldx, LONG(r)), k)
                        number = _spread(builder, _read(builder, x, place))
                        for p in range(P):
                            old = sums[r * P + p]
                            new.append(_fma(builder, number, columns[p], old))
                    sums = new
                return sums

            sums = _loop(builder, nI, unroll, [_constant(0)] * (n_rows * P), body)
            for i, value in enumerate(sums):
                row = builder.mul(ldy, LONG(i // P))
                place = builder.add(row, LONG(i % P * LANES))
                _store(builder, value, y, place)
            return context.get_dummy_value()

        return _void(6, pieces), codegen

    return multiply


multiply4, multiply1 = _make_multiply(4), _make_multiply(1)


def _make_pack(matrix: Any) -> Any:
    """Make the packing of the weights of 8 units, of as many rows as `matrix` combines.

    packed[r, k, p * 8 + i] = sum_s matrix[r, s] * W[i, p, s * n + k], for k below n, a
    multiple of 8.
    """

    @intrinsic
    def pack(typingctx, w, n, packed, pieces):  # type: ignore
        P = pieces.count

        def codegen(context, builder, signature, args):  # type: ignore
            w, n, packed, _ = args
            n_rows = len(matrix[0])
            unit = builder.mul(n, LONG(n_rows * P))

            def body(k, _):  # type: ignore
                for p in range(P):
                    parts = []
                    for s in range(n_rows):
                        at = builder.add(builder.mul(n, LONG(p * n_rows + s)), k)
                        rows = [
                            builder.add(builder.mul(unit, LONG(i)), at)
                            for i in range(LANES)
                        ]
                        vectors = [_load(builder, w, row) for row in rows]
                        parts.append(_transpose(builder, vectors))
                    for i, column in enumerate(zip(*parts, strict=True)):
                        at = builder.mul(builder.add(k, LONG(i)), LONG(P * LANES))
                        at = builder.add(at, LONG(p * LANES))
                        for r, value in enumerate(_combine(builder, matrix, column)):
                            row = builder.mul(n, LONG(r * P * LANES))
                            _store(builder, value, packed, builder.add(row, at))
                return []

            _loop(builder, n, LANES, [], body)
            return context.get_dummy_value()

        return _void(3, pieces), codegen

    return pack


pack_columns, pack_winograd = _make_pack(np.ones((1, 1))), _make_pack(WEIGHTS)


@intrinsic
def transform_inputs(typingctx, x, ldx, v, ldv, n):  # type: ignore
    """Transform 6 rows of n floats into 6 others, by `INPUTS`."""

    def codegen(context, builder, signature, args):  # type: ignore
        x, ldx, v, ldv, n = args
        rows = range(len(INPUTS))

        def body(i, _):  # type: ignore
            at = [builder.add(builder.mul(ldx, LONG(r)), i) for r in rows]
            vectors = [_load(builder, x, a) for a in at]
            for r, y in enumerate(_combine(builder, INPUTS, vectors)):
                _store(builder, y, v, builder.add(builder.mul(ldv, LONG(r)), i))
            return []

        _loop(builder, n, LANES, [], body)
        return context.get_dummy_value()

    return _void(5), codegen


def _make_pick(matrix: Any) -> Any:
    """Make the choice of the winning piece of 8 units, whose products are combined."""

    @intrinsic
    def pick(typingctx, m, ldm, z, winners, ldz, b, first, pieces):  # type: ignore
        P = pieces.count

        def codegen(context, builder, signature, args):  # type: ignore
            m, ldm, z, winners, ldz, b, first, _ = args
            start = _spread_int(builder, builder.trunc(first, INT))
            best: Any = None
            kept: Any = None
            for p in range(P):
                column = LONG(p * LANES)
                at = [builder.mul(ldm, LONG(r)) for r in range(len(matrix[0]))]
                vectors = [_load(builder, m, builder.add(a, column)) for a in at]
                bias = _load(builder, b, column)
                rows = _combine(builder, matrix, vectors)
                rows = [builder.fadd(row, bias) for row in rows]
                numbers = ir.Constant(INTS, [i * P + p for i in range(LANES)])
                names = [builder.add(start, numbers)] * len(rows)
                if best is not None:
                    pairs = zip(best, rows, strict=True)
                    wins = [_better(builder, old, new) for old, new in pairs]
                    rows = list(map(builder.select, wins, rows, best))
                    names = list(map(builder.select, wins, names, kept))
                best, kept = rows, names
            for r, (value, name) in enumerate(zip(best, kept, strict=True)):
                at = builder.mul(ldz, LONG(r))
                _store(builder, value, z, at)
                place = _pointer(builder, winners, at, INTS)
                builder.store(name, place).align = 4
            return context.get_dummy_value()

        return _void(7, pieces), codegen

    return pick


pick4, pick1 = _make_pick(OUTPUTS), _make_pick(np.ones((1, 1)))


@intrinsic
def keep(typingctx, arrays):  # type: ignore
    """Do nothing: numba frees an array after its last use, not that of its address."""

    def codegen(context, builder, signature, args):  # type: ignore
        return context.get_dummy_value()

    return types.void(arrays), codegen


# What follows is compiled by numba. Addresses are in bytes.


@kernel
def multiply_rows(x, ldx, n, w, nI, m, columns, pieces):  # type: ignore
    """Multiply n rows with one group of weights."""
    i = 0
    while i + 4 <= n:
        multiply4(x + i * ldx * 4, ldx, w, nI, m + i * columns * 4, columns, pieces)
        i += 4
    while i < n:
        multiply1(x + i * ldx * 4, ldx, w, nI, m + i * columns * 4, columns, pieces)
        i += 1


@kernel
def pack_biases(b, g, biases):  # type: ignore
    """biases[p * 8 + i] = b[g * 8 + i, p]."""
    for i in range(LANES):
        for p in range(b.shape[1]):
            biases[p * LANES + i] = b[g * LANES + i, p]


@kernel
def find_winners(X, starts, lengths, step, W, b, Z, winners, pieces):  # type: ignore
    """Z = max_p(x W_p + b_p) of runs of rows, and which piece is the largest.

    A row begins `step` floats after the one before it, and a run at starts[q] floats.
    """
    n, width = Z.shape
    nI, columns = W.shape[2], LANES * len(pieces)
    M = np.empty((n, columns), np.float32)
    packed, biases = np.empty(nI * columns, np.float32), np.empty(columns, np.float32)
    x, w, m, bias = X.ctypes.data, W.ctypes.data, M.ctypes.data, biases.ctypes.data
    z, won, wg = Z.ctypes.data, winners.ctypes.data, packed.ctypes.data
    for g in range(width // LANES):
        pack_columns(w + g * columns * nI * 4, nI, wg, pieces)
        pack_biases(b, g, biases)
        i = 0
        for q in range(len(starts)):
            xq, mq = x + starts[q] * 4, m + i * columns * 4
            multiply_rows(xq, step, lengths[q], wg, nI, mq, columns, pieces)
            i += lengths[q]
        for i in range(n):
            at = (i * width + g * 8) * 4
            mi = m + i * columns * 4
            pick1(mi, columns, z + at, won + at, width, bias, g * columns, pieces)
    keep((M, biases, packed))


@kernel
def is_zero(X, start):  # type: ignore
    """Check whether three rows of X are zero.

    Their maxout is that of the biases. What rounding in Winograd's algorithm would make
    of it is not small once it is divided by a standard deviation of zero.
    """
    for i in range(start, start + 3):
        for j in range(X.shape[1]):
            if X[i, j] != 0:
                return False
    return True


@kernel
def find_winners_of_three(X, starts, W, b, Z, winners, pieces):  # type: ignore
    """As `find_winners`, of windows of three rows, 4 from each of starts on."""
    width, columns = X.shape[1], LANES * len(pieces)
    n = len(starts)
    V = np.empty((6, n, width), np.float32)
    M = np.empty((6, n, columns), np.float32)
    U, biases = np.empty(6 * width * columns, np.float32), np.empty(columns, np.float32)
    x, v, m, u = X.ctypes.data, V.ctypes.data, M.ctypes.data, U.ctypes.data
    bias, z, won, w = (
        biases.ctypes.data,
        Z.ctypes.data,
        winners.ctypes.data,
        W.ctypes.data,
    )
    row = width * 4
    for q in range(n):
        window = x + (starts[q] - 1) * row
        transform_inputs(window, width, v + q * row, n * width, width)
    for g in range(width // LANES):
        pack_winograd(w + g * columns * 3 * row, width, u, pieces)
        pack_biases(b, g, biases)
        for r in range(6):
            ur = u + r * width * columns * 4
            vr, mr = v + r * n * row, m + r * n * columns * 4
            multiply_rows(vr, width, n, ur, width, mr, columns, pieces)
        for q in range(n):
            at = (q * 4 * width + g * 8) * 4
            mq = m + q * columns * 4
            pick4(mq, n * columns, z + at, won + at, width, bias, g * columns, pieces)
    for i in range(TILE * n):
        if is_zero(X, starts[i // TILE] + i % TILE - 1):
            for j in range(width):
                unit, best = b[j], 0
                for p in range(1, len(pieces)):
                    if unit[p] > unit[best]:
                        best = p
                if np.isfinite(Z[i, j]):
                    Z[i, j] = unit[best]
                    winners[i, j] = j * len(pieces) + best
    keep((V, M, U, biases))


@sums_kernel
def norm_rows(Z, winners, places, normed, scales, which):  # type: ignore
    """Norm the rows of Z at places, and take their winners."""
    width = Z.shape[1]
    for i in range(len(places)):
        z = places[i]
        total = np.float32(0)
        for j in range(width):
            total += Z[z, j]
        mean = total / np.float32(width)
        squares = np.float32(0)
        for j in range(width):
            d = Z[z, j] - mean
            squares += d * d
        variance = squares / np.float32(width) + np.float32(EPSILON)
        scale = np.float32(1) / np.sqrt(variance)
        scales[i] = scale
        for j in range(width):
            normed[i, j] = (Z[z, j] - mean) * scale
            which[i, j] = winners[z, j]


@kernel
def forward_rows(X, Y, W, b, G, beta, trace, pieces):  # type: ignore
    """Y = norm(max_p(X W_p + b_p)) * G + beta; `trace` keeps what the gradient needs.

    trace: the normed rows, the scales, and the winners.
    """
    n, width = Y.shape
    normed, scales, which = trace
    Z, winners = np.empty((n, width), np.float32), np.empty((n, width), np.int32)
    starts, lengths = np.zeros(1, np.int64), np.full(1, n)
    find_winners(X, starts, lengths, X.shape[1], W, b, Z, winners, pieces)
    norm_rows(Z, winners, np.arange(n), normed, scales, which)
    for i in range(n):
        for j in range(width):
            Y[i, j] = normed[i, j] * G[j] + beta[j]


@kernel
def forward_windows(X, Y, rows, mask, size, W, b, G, beta, trace, pieces):  # type: ignore
    """Y[rows] += mask * norm(maxout(windows of X))[rows]; see `forward_rows`.

    X has 4 more rows than Y, which are read. Winograd's algorithm is for windows of
    three. A mask without rows drops nothing.
    """
    n, width = len(rows), X.shape[1]
    normed, scales, which = trace
    starts, places = np.empty(n, np.int64), np.empty(n, np.int64)
    n_tiles = 0
    for i in range(n):
        if n_tiles == 0 or rows[i] > starts[n_tiles - 1] + 3:
            starts[n_tiles] = rows[i]
            n_tiles += 1
        places[i] = 4 * (n_tiles - 1) + rows[i] - starts[n_tiles - 1]
    starts = starts[:n_tiles]
    Z = np.empty((4 * n_tiles, width), np.float32)
    winners = np.empty((4 * n_tiles, width), np.int32)
    if size == 1:
        find_winners_of_three(X, starts, W, b, Z, winners, pieces)
    else:
        begins, lengths = (starts - size) * width, np.full(n_tiles, 4)
        find_winners(X, begins, lengths, width, W, b, Z, winners, pieces)
    norm_rows(Z, winners, places, normed, scales, which)
    for i in range(n):
        r = rows[i]
        for j in range(width):
            y = normed[i, j] * G[j] + beta[j]
            Y[r, j] += y * mask[r, j] if len(mask) else y
