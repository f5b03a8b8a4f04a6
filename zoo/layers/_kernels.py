"""Compile the kernels of predictions with numba: products, maxout and norm in one pass.

All of it stands in this file, because numba's cache on disk goes by the file of a
function only. Kernels read and write raw addresses: `_call_kernels` checks all shapes
before each call.

A maxout has 1 to 4 pieces of a multiple of 8 units. Weights are packed by groups of 8
units: (n_groups, nI, pieces * 8), so that a product reads them in order. The number of
pieces is the length of the tuple `pieces`, for which a kernel is compiled anew. Each
number is added up in an order that depends on nothing but the document it belongs to.
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


def _sum(builder: Any, vector: Any) -> Any:
    """Add the numbers of a vector, in a fixed order."""
    parts = [builder.extract_element(vector, INT(i)) for i in range(LANES)]
    while len(parts) > 1:
        half = len(parts) // 2
        pairs = zip(parts[:half], parts[half:], strict=True)
        parts = [builder.fadd(a, b) for a, b in pairs]
    return parts[0]


def _larger(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", b, a), b, a)


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


def _make_multiply(n_rows: int, takes_maximum: bool) -> Any:
    """Make a product of some rows with one group of packed weights."""
    unroll = 4

    @intrinsic
    def multiply(typingctx, x, ldx, w, nI, y, ldy, b, pieces):  # type: ignore
        P = pieces.count

        def codegen(context, builder, signature, args):  # type: ignore
            x, ldx, w, nI, y, ldy, b, _ = args

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
                        number = builder.load(_pointer(builder, x, place, FLOAT))
                        number.align = 4
                        spread = _spread(builder, number)
                        for p in range(P):
                            old = sums[r * P + p]
                            new.append(_fma(builder, spread, columns[p], old))
                    sums = new
                return sums

            sums = _loop(builder, nI, unroll, [_constant(0)] * (n_rows * P), body)
            for r in range(n_rows):
                row, at = sums[r * P : (r + 1) * P], builder.mul(ldy, LONG(r))
                if takes_maximum:
                    row = [
                        builder.fadd(v, _load(builder, b, LONG(p * LANES)))
                        for p, v in enumerate(row)
                    ]
                    best = row[0]
                    for other in row[1:]:
                        best = _larger(builder, best, other)
                    row = [best]
                for p, value in enumerate(row):
                    _store(builder, value, y, builder.add(at, LONG(p * LANES)))
            return context.get_dummy_value()

        return _void(7, pieces), codegen

    return multiply


multiply4, multiply1 = _make_multiply(4, False), _make_multiply(1, False)
multiply2 = _make_multiply(2, False)
maxout4, maxout1 = _make_multiply(4, True), _make_multiply(1, True)


def _make_norm(adds: bool) -> Any:
    """Make the norm of a row, which may be added to another row."""

    @intrinsic
    def norm(typingctx, z, x, y, G, beta, n):  # type: ignore
        def codegen(context, builder, signature, args):  # type: ignore
            z, x, y, G, beta, n = args
            zero = _constant(0)
            width = builder.sitofp(n, FLOAT)
            add = lambda i, s: [builder.fadd(s[0], _load(builder, z, i))]  # noqa: E731
            (sums,) = _loop(builder, n, LANES, [zero], add)
            mean = _spread(builder, builder.fdiv(_sum(builder, sums), width))

            def square(i, s):  # type: ignore
                d = builder.fsub(_load(builder, z, i), mean)
                return [_fma(builder, d, d, s[0])]

            (squares,) = _loop(builder, n, LANES, [zero], square)
            variance = builder.fdiv(_sum(builder, squares), width)
            root = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(FLOAT, [FLOAT]), "llvm.sqrt.f32"
            )
            variance = builder.fadd(variance, ir.Constant(FLOAT, EPSILON))
            deviation = builder.call(root, [variance])
            scale = builder.fdiv(ir.Constant(FLOAT, 1.0), deviation)
            scale = _spread(builder, scale)

            def write(i, _):  # type: ignore
                d = builder.fsub(_load(builder, z, i), mean)
                d = builder.fmul(builder.fmul(d, scale), _load(builder, G, i))
                d = builder.fadd(d, _load(builder, beta, i))
                if adds:
                    d = builder.fadd(_load(builder, x, i), d)
                _store(builder, d, y, i)
                return []

            _loop(builder, n, LANES, [], write)
            return context.get_dummy_value()

        return _void(6), codegen

    return norm


norm_row, add_norm_row = _make_norm(False), _make_norm(True)


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


@intrinsic
def transform_outputs(typingctx, m, ldm, z, ldz, b, pieces):  # type: ignore
    """Transform 6 products into 4 rows of 8 units, the largest of their pieces."""

    def codegen(context, builder, signature, args):  # type: ignore
        m, ldm, z, ldz, b, _ = args
        best: Any = None
        for p in range(pieces.count):
            column = LONG(p * LANES)
            at = [builder.mul(ldm, LONG(r)) for r in range(len(INPUTS))]
            vectors = [_load(builder, m, builder.add(a, column)) for a in at]
            bias = _load(builder, b, column)
            rows = _combine(builder, OUTPUTS, vectors)
            rows = [builder.fadd(row, bias) for row in rows]
            if best is not None:
                pairs = zip(best, rows, strict=True)
                rows = [_larger(builder, old, new) for old, new in pairs]
            best = rows
        for r, value in enumerate(best):
            _store(builder, value, z, builder.mul(ldz, LONG(r)))
        return context.get_dummy_value()

    return _void(5, pieces), codegen


@intrinsic
def maxout_of_terms(typingctx, t, ldt, n_terms, z, b, n_groups, pieces):  # type: ignore
    """Add the terms of a window, whose addresses are a list, and take the maximum."""

    def codegen(context, builder, signature, args):  # type: ignore
        t, ldt, n_terms, z, b, n_groups, _ = args
        P = pieces.count

        def group(g, _):  # type: ignore
            at = builder.mul(g, LONG(P * LANES))
            start = [
                _load(builder, b, builder.add(at, LONG(p * LANES))) for p in range(P)
            ]

            def add(k, sums):  # type: ignore
                base = builder.inttoptr(t, LONG.as_pointer())
                address = builder.load(builder.gep(base, [k]))
                place = builder.add(at, builder.mul(ldt, k))
                return [
                    builder.fadd(
                        s, _load(builder, address, builder.add(place, LONG(p * LANES)))
                    )
                    for p, s in enumerate(sums)
                ]

            sums = _loop(builder, n_terms, 1, start, add)
            best = sums[0]
            for other in sums[1:]:
                best = _larger(builder, best, other)
            _store(builder, best, z, builder.mul(g, LONG(LANES)))
            return []

        _loop(builder, n_groups, 1, [], group)
        return context.get_dummy_value()

    return _void(6, pieces), codegen


@intrinsic
def keep(typingctx, arrays):  # type: ignore
    """Do nothing: numba frees an array after its last use, not that of its address."""

    def codegen(context, builder, signature, args):  # type: ignore
        return context.get_dummy_value()

    return types.void(arrays), codegen


# What follows is compiled by numba. Addresses are in bytes.


@kernel
def _finish(h):  # type: ignore
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@kernel
def _hash(key, seed):  # type: ignore
    """Hash the eight bytes of a key to two numbers, by MurmurHash3_x64_128."""
    mixed = key * np.uint64(0x87C37B91114253D5)
    mixed = (mixed << np.uint64(31)) | (mixed >> np.uint64(33))
    size = np.uint64(8)
    a = (mixed * np.uint64(0x4CF5AD432745937F)) ^ seed ^ size
    b = seed ^ size
    a += b
    b += a
    a, b = _finish(a), _finish(b)
    a += b
    return a, b + a


@kernel
def _rows_of(key, seed, n_rows):  # type: ignore
    """Return the four rows, of n_rows, that a key is hashed to."""
    size, low, half = np.uint64(n_rows), np.uint64(2**32 - 1), np.uint64(32)
    left, right = _hash(key, seed)
    a, b = (left & low) % size, (left >> half) % size
    return a, b, (right & low) % size, (right >> half) % size


@kernel
def sum_hashed_rows(E, keys, column, seed, X):  # type: ignore
    """X[i, column] = the sum of the four rows of E that keys[i, column] is hashed to.

    keys (n, n_tables), X (n, n_tables, width).
    """
    for i in range(len(keys)):
        a, b, c, d = _rows_of(keys[i, column], seed, len(E))
        for j in range(E.shape[1]):
            X[i, column, j] = (E[a, j] + E[b, j]) + (E[c, j] + E[d, j])


@kernel
def add_hashed_rows(dE, keys, seed, dX):  # type: ignore
    """Add dX[i] to each of the four rows of dE that keys[i] is hashed to."""
    for i in range(len(keys)):
        for row in _rows_of(keys[i], seed, len(dE)):
            for j in range(dE.shape[1]):
                dE[row, j] += dX[i, j]


@kernel
def transform_rows(X, W, b, G, beta, Y, pieces):  # type: ignore
    """Y = norm(max_p(X W_p + b_p)) * G + beta; W (n_groups, nI, pieces * 8)."""
    n, nI = X.shape
    nO = Y.shape[1]
    columns = W.shape[2]
    Z = np.empty((n, nO), np.float32)
    x, w, z, bias = X.ctypes.data, W.ctypes.data, Z.ctypes.data, b.ctypes.data
    for g in range(len(W)):
        wg, bg = w + g * nI * columns * 4, bias + g * columns * 4
        i = 0
        while i + 4 <= n:
            maxout4(
                x + i * nI * 4, nI, wg, nI, z + (i * nO + g * 8) * 4, nO, bg, pieces
            )
            i += 4
        while i < n:
            maxout1(
                x + i * nI * 4, nI, wg, nI, z + (i * nO + g * 8) * 4, nO, bg, pieces
            )
            i += 1
    y = Y.ctypes.data
    for i in range(n):
        row = i * nO * 4
        norm_row(z + row, 0, y + row, G.ctypes.data, beta.ctypes.data, nO)
    keep((Z,))


@kernel
def fill_terms(rows, W, values, pieces):  # type: ignore
    """values[i, k] = rows[i] times the weights of position k of a window."""
    n, width = rows.shape
    n_window, columns = values.shape[1], W.shape[2]
    ld = n_window * values.shape[2]
    x, w, v, row = rows.ctypes.data, W.ctypes.data, values.ctypes.data, width * 4
    for g in range(len(W)):
        for k in range(n_window):
            wk = w + (g * n_window + k) * width * columns * 4
            vk = v + (k * values.shape[2] + g * columns) * 4
            i = 0
            while i + 4 <= n:
                place = vk + i * ld * 4
                multiply4(x + i * row, width, wk, width, place, ld, 0, pieces)
                i += 4
            while i < n:
                place = vk + i * ld * 4
                multiply1(x + i * row, width, wk, width, place, ld, 0, pieces)
                i += 1


@kernel
def first_block(X, E, values, index, starts, stops, b, G, beta, pieces):  # type: ignore
    """X[i] = E[index[i]] + the block's output, for rows i of starts to stops."""
    width = X.shape[1]
    n_window, size = values.shape[1], values.shape[2]
    reach = n_window // 2
    Z = np.empty(width, np.float32)
    T = np.empty(n_window, np.int64)
    z, t, v, e = Z.ctypes.data, T.ctypes.data, values.ctypes.data, E.ctypes.data
    for d in range(len(starts)):
        for i in range(starts[d], stops[d]):
            for k in range(n_window):
                T[k] = v + index[i + k - reach] * n_window * size * 4
            maxout_of_terms(t, size, n_window, z, b.ctypes.data, width // 8, pieces)
            add_norm_row(
                z,
                e + index[i] * width * 4,
                X.ctypes.data + i * width * 4,
                G.ctypes.data,
                beta.ctypes.data,
                width,
            )
    keep((Z, T))


@kernel
def direct_block(X, Y, starts, stops, W, b, G, beta, pieces):  # type: ignore
    """Y[i] = X[i] + the block's output, for rows i of starts to stops."""
    width = X.shape[1]
    nI, columns = W.shape[1], W.shape[2]
    before = (nI // width) // 2
    n = 0
    for d in range(len(starts)):
        n += stops[d] - starts[d]
    Z = np.empty((n, width), np.float32)
    x, w, z, bias = X.ctypes.data, W.ctypes.data, Z.ctypes.data, b.ctypes.data
    row = width * 4
    for g in range(len(W)):
        wg, bg = w + g * nI * columns * 4, bias + g * columns * 4
        place = z + g * 32
        for d in range(len(starts)):
            i, stop = starts[d], stops[d]
            while i + 4 <= stop:
                maxout4(x + (i - before) * row, width, wg, nI, place, width, bg, pieces)
                i += 4
                place += 4 * row
            while i < stop:
                maxout1(x + (i - before) * row, width, wg, nI, place, width, bg, pieces)
                i += 1
                place += row
    place = z
    for d in range(len(starts)):
        for i in range(starts[d], stops[d]):
            y = Y.ctypes.data + i * row
            add_norm_row(place, x + i * row, y, G.ctypes.data, beta.ctypes.data, width)
            place += row
    keep((Z,))


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
def winograd_block(X, Y, starts, stops, U, b, G, beta, pieces):  # type: ignore
    """As `direct_block` for windows of three rows; U (n_groups, 6, width, pieces * 8).

    Of each run of rows, up to three more are read and computed, and not written.
    """
    width, columns = X.shape[1], U.shape[3]
    n_tiles = 0
    for d in range(len(starts)):
        n_tiles += (stops[d] - starts[d] + 3) // 4
    n_tiles += int(n_tiles == 3)
    V = np.zeros((6, n_tiles, width), np.float32)
    M = np.empty((6, n_tiles, columns), np.float32)
    Z = np.empty((4 * n_tiles, width), np.float32)
    x, v, m, z = X.ctypes.data, V.ctypes.data, M.ctypes.data, Z.ctypes.data
    u, bias = U.ctypes.data, b.ctypes.data
    row = width * 4
    q = 0
    for d in range(len(starts)):
        for i in range(starts[d], stops[d], 4):
            transform_inputs(
                x + (i - 1) * row, width, v + q * row, n_tiles * width, width
            )
            q += 1
    for g in range(len(U)):
        for r in range(6):
            ur = u + (g * 6 + r) * width * columns * 4
            q = 0
            while q < n_tiles:
                left = n_tiles - q
                if left == 3:  # The last four at once are faster than three.
                    q -= 1
                place = m + (r * n_tiles + q) * columns * 4
                vq = v + (r * n_tiles + q) * row
                if left > 2:
                    multiply4(vq, width, ur, width, place, columns, 0, pieces)
                    q += 4
                elif left == 2:
                    multiply2(vq, width, ur, width, place, columns, 0, pieces)
                    q += 2
                else:
                    multiply1(vq, width, ur, width, place, columns, 0, pieces)
                    q += 1
        bg = bias + g * columns * 4
        for q in range(n_tiles):
            mq, zq = m + q * columns * 4, z + (q * 4 * width + g * 8) * 4
            transform_outputs(mq, n_tiles * columns, zq, width, bg, pieces)
    q = 0
    for d in range(len(starts)):
        for i in range(starts[d], stops[d]):
            r = q * 4 + i - starts[d]
            if is_zero(X, i - 1):
                for j in range(width):
                    if np.isfinite(Z[r, j]):
                        Z[r, j] = b[j // LANES, j % LANES :: LANES].max()
            zi = z + r * row
            y = Y.ctypes.data + i * row
            add_norm_row(zi, x + i * row, y, G.ctypes.data, beta.ctypes.data, width)
        q += (stops[d] - starts[d] + 3) // 4
    keep((V, M, Z))


@kernel
def encode(index, sizes, E, values, Ws, Us, bs, Gs, betas, shape, out, pieces):  # type: ignore
    """Encode whole documents: out[i] is the vector of token i.

    Nothing is computed if `index` has what is no row of E; the result says so.

    shape: window_size, and whether `values` has the terms of the first block. Without
    columns in Us, Winograd's algorithm is not used.
    """
    size, has_terms = shape
    width, depth = E.shape[1], len(bs)
    reach = size * depth
    for i in range(len(index)):
        if index[i] < 0 or index[i] >= len(E):
            return False
    n_docs = 0
    n_rows = 0
    for d in range(len(sizes)):
        if sizes[d]:
            n_docs += 1
            n_rows += sizes[d] + 2 * reach + 4
    X = np.zeros((n_rows + 4, width), np.float32)
    Y = np.zeros((n_rows + 4, width), np.float32)
    tokens = np.zeros(n_rows + 4, np.int64)
    firsts, lasts = np.empty(n_docs, np.int64), np.empty(n_docs, np.int64)
    row = 0
    i = 0
    n = 0
    for d in range(len(sizes)):
        if sizes[d] == 0:
            continue
        row += reach
        firsts[n], lasts[n] = row, row + sizes[d]
        for _ in range(sizes[d]):
            tokens[row] = index[i]
            for j in range(width):
                X[row, j] = E[index[i], j]
            i += 1
            row += 1
        row += reach + 4
        n += 1
    for k in range(depth):
        left = size * (depth - 1 - k)
        starts, stops = firsts - left, lasts + left
        if k == 0 and has_terms:
            first_block(
                X, E, values, tokens, starts, stops, bs[0], Gs[0], betas[0], pieces
            )
            continue
        if Us.shape[4]:
            winograd_block(X, Y, starts, stops, Us[k], bs[k], Gs[k], betas[k], pieces)
            # The next block reads what is beyond.
            for d in range(len(starts)):
                for r in range(stops[d], stops[d] + 4):
                    for j in range(width):
                        Y[r, j] = np.float32(0)
        else:
            direct_block(X, Y, starts, stops, Ws[k], bs[k], Gs[k], betas[k], pieces)
        X, Y = Y, X
    i = 0
    for n in range(n_docs):
        for row in range(firsts[n], lasts[n]):
            for j in range(width):
                out[i, j] = X[row, j]
            i += 1
    return True
