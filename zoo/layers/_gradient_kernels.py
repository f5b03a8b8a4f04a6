"""Compile the kernels of an encoder's gradients with numba.

They read what the kernels of `_train_kernels` keep: which piece of each unit won, as a
column, unit * pieces + piece. Only winners have a gradient, so that one product per
unit is needed where a matrix product has one per piece. As there, all of it stands in
this file, and `_call_train_kernels` checks all shapes.

What limits these kernels is how much they read, so that vectors should begin at
multiples of their size. A kernel is compiled anew for other numbers of pieces, and of
vectors in a strip of columns: the lengths of tuples.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .._compile import kernel

#: Floats of a vector. LLVM divides it where the processor has shorter ones.
LANES = 8
#: Rows whose gradients of weights are added up at once: one for each bit of a number.
N_ROWS = 64
#: Units whose weights of a strip stay in the cache.
N_UNITS = 48

FLOAT, INT, LONG = ir.FloatType(), ir.IntType(32), ir.IntType(64)
VECTOR = ir.VectorType(FLOAT, LANES)


def sums_kernel(function: Any) -> Any:
    """As `kernel`, with sums in the order that suits vectors, which is always one."""
    return kernel(function, fastmath={"reassoc", "contract", "nsz"})


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


def _make_add_winners(n_rows: int) -> Any:
    """Make the sum of the weights of winning pieces, times gradients, of some rows."""

    @intrinsic
    def add_winners(typingctx, d, winners, ldd, w, n, y, places, strip):  # type: ignore
        """y[places[r]:] += sum_i d[r, i] * w[winners[r, i]], for rows r of n units."""
        C = strip.count

        def codegen(context, builder, signature, args):  # type: ignore
            d, winners, ldd, w, n, y, places, _ = args

            def body(i, sums):  # type: ignore
                for u in range(2):
                    new = []
                    for r in range(n_rows):
                        at = builder.add(
                            builder.mul(ldd, LONG(r)), builder.add(i, LONG(u))
                        )
                        number = _spread(builder, _read(builder, d, at))
                        winner = builder.zext(_read(builder, winners, at, INT), LONG)
                        row = builder.mul(winner, LONG(C * LANES))
                        for c in range(C):
                            place = builder.add(row, LONG(c * LANES))
                            weights = _load(builder, w, place)
                            old = sums[r * C + c]
                            new.append(_fma(builder, number, weights, old))
                    sums = new
                return sums

            sums = _loop(builder, n, 2, [_constant(0)] * (n_rows * C), body)
            # One row after the other, as windows overlap.
            for i, value in enumerate(sums):
                place = _read(builder, places, LONG(i // C), LONG)
                place = builder.add(place, LONG(i % C * LANES))
                total = builder.fadd(_load(builder, y, place), value)
                _store(builder, total, y, place)
            return context.get_dummy_value()

        return _void(7, strip), codegen

    return add_winners


add_winners2, add_winners1 = _make_add_winners(2), _make_add_winners(1)


@intrinsic
def copy_strip(typingctx, x, ldx, n, y, strip):  # type: ignore
    """Copy one strip of columns of n rows, which are then one after the other."""
    C = strip.count

    def codegen(context, builder, signature, args):  # type: ignore
        x, ldx, n, y, _ = args

        def body(i, _):  # type: ignore
            row, place = builder.mul(ldx, i), builder.mul(i, LONG(C * LANES))
            at = [LONG(c * LANES) for c in range(C)]
            vectors = [_load(builder, x, builder.add(row, c)) for c in at]
            for c, vector in zip(at, vectors, strict=True):
                _store(builder, vector, y, builder.add(place, c))
            return []

        _loop(builder, n, 1, [], body)
        return context.get_dummy_value()

    return _void(4, strip), codegen


@intrinsic
def transpose(typingctx, x, ldx, y, ldy):  # type: ignore
    """Write 8 columns of 8 rows as rows; the numbers may be of any type of 4 bytes."""

    def codegen(context, builder, signature, args):  # type: ignore
        x, ldx, y, ldy = args
        rows = [_load(builder, x, builder.mul(ldx, LONG(i))) for i in range(LANES)]
        rows = _transpose(builder, rows)
        for i, row in enumerate(rows):
            _store(builder, row, y, builder.mul(ldy, LONG(i)))
        return context.get_dummy_value()

    return _void(4), codegen


@intrinsic
def split_pieces(typingctx, d, winners, first, masks, sums, pieces):  # type: ignore
    """For each piece, note the rows where it won in bits, and add up their gradients.

    d, winners: Those of one unit, of `N_ROWS` rows.
    first: The winner that the first piece is.
    """
    P = pieces.count

    def codegen(context, builder, signature, args):  # type: ignore
        d, winners, first, masks, sums, _ = args
        first = builder.trunc(first, INT)
        for p in range(P):
            name = _spread_int(builder, builder.add(first, INT(p)))
            total, bits = _constant(0), LONG(0)
            for i in range(0, N_ROWS, LANES):
                won = builder.load(_pointer(builder, winners, LONG(i), INTS))
                won.align = 4
                is_it = builder.icmp_signed("==", won, name)
                part = builder.select(is_it, _load(builder, d, LONG(i)), _constant(0))
                total = builder.fadd(total, part)
                byte = builder.zext(builder.bitcast(is_it, ir.IntType(LANES)), LONG)
                bits = builder.or_(bits, builder.shl(byte, LONG(i)))
            base = builder.inttoptr(masks, LONG.as_pointer())
            builder.store(bits, builder.gep(base, [LONG(p)])).align = 8
            old = _read(builder, sums, LONG(p))
            new = builder.fadd(old, _sum(builder, total))
            builder.store(new, _pointer(builder, sums, LONG(p), FLOAT)).align = 4
        return context.get_dummy_value()

    return _void(5, pieces), codegen


@intrinsic
def add_outer(typingctx, d, places, mask, x, y, strip):  # type: ignore
    """y += sum_i d[i] * x[places[i]:] over the bits i of a mask, one at least.

    Of x and y, these are one strip of columns.
    """
    C = strip.count

    def codegen(context, builder, signature, args):  # type: ignore
        d, places, mask, x, y, _ = args
        base = builder.inttoptr(mask, LONG.as_pointer())
        mask = builder.load(base)
        start = [_load(builder, y, LONG(c * LANES)) for c in range(C)]
        entry = builder.block
        block, after = builder.append_basic_block(), builder.append_basic_block()
        builder.branch(block)
        builder.position_at_end(block)
        phis = [builder.phi(value.type) for value in (mask, *start)]
        left, *old = phis
        i = builder.cttz(left, ir.Constant(ir.IntType(1), 1))
        number = _spread(builder, _read(builder, d, i))
        place = _read(builder, places, i, LONG)
        new = []
        for c, value in enumerate(old):
            row = _load(builder, x, builder.add(place, LONG(c * LANES)))
            new.append(_fma(builder, number, row, value))
        rest = builder.and_(left, builder.sub(left, LONG(1)))
        for phi, first, following in zip(
            phis, (mask, *start), (rest, *new), strict=True
        ):
            phi.add_incoming(first, entry)
            phi.add_incoming(following, block)
        builder.cbranch(builder.icmp_signed("!=", rest, LONG(0)), block, after)
        builder.position_at_end(after)
        for c, value in enumerate(new):
            _store(builder, value, y, LONG(c * LANES))
        return context.get_dummy_value()

    return _void(5, strip), codegen


@intrinsic
def keep(typingctx, arrays):  # type: ignore
    """Do nothing: numba frees an array after its last use, not that of its address."""

    def codegen(context, builder, signature, args):  # type: ignore
        return context.get_dummy_value()

    return types.void(arrays), codegen


# What follows is compiled by numba. Addresses are in bytes.


@sums_kernel
def backprop_norm(D, G, normed, scales, dG, dbeta):  # type: ignore
    """Change the gradient of outputs, D, into that of what was normed."""
    n, width = D.shape
    for i in range(n):
        total, along = np.float32(0), np.float32(0)
        for j in range(width):
            dG[j] += D[i, j] * normed[i, j]
            dbeta[j] += D[i, j]
        for j in range(width):
            d = D[i, j] * G[j]
            D[i, j] = d
            total += d
            along += d * normed[i, j]
        total /= np.float32(width)
        along /= np.float32(width)
        for j in range(width):
            D[i, j] = (D[i, j] - total - normed[i, j] * along) * scales[i]


@kernel
def transpose_rows(X, first, stop, Y):  # type: ignore
    """Y[j, i] = X[first + i, j], for rows up to stop; of a multiple of 8 columns."""
    n, width, step = stop - first, X.shape[1], Y.shape[1]
    x, y = X.ctypes.data, Y.ctypes.data
    for i in range(0, n - 7, 8):
        for j in range(0, width, 8):
            at = ((first + i) * width + j) * 4
            transpose(x + at, width, y + (j * step + i) * 4, step)
    for i in range(n // 8 * 8, n):
        for j in range(width):
            Y[j, i] = X[first + i, j]


@kernel
def backprop_weights(D, which, places, X, dW, db, pieces, wide):  # type: ignore
    """Add to the gradients of weights, some rows at a time, which stay in the cache."""
    n, nO = D.shape
    nP, nI = dW.shape[1], dW.shape[2]
    T = np.empty((nO, N_ROWS), np.float32)
    won = np.empty((nO, N_ROWS), np.int32)
    masks = np.empty(nP, np.int64)
    x, dw, at, mask = (
        X.ctypes.data,
        dW.ctypes.data,
        places.ctypes.data,
        masks.ctypes.data,
    )
    d, w, sums, row = T.ctypes.data, won.ctypes.data, db.ctypes.data, N_ROWS * 4
    for first in range(0, n, N_ROWS):
        stop = min(first + N_ROWS, n)
        transpose_rows(D, first, stop, T)
        transpose_rows(which, first, stop, won)
        won[:, stop - first :] = -1
        for o in range(nO):
            do = d + o * row
            split_pieces(do, w + o * row, o * nP, mask, sums + o * nP * 4, pieces)
            for p in range(nP):
                if masks[p] == 0:
                    continue
                y = dw + (o * nP + p) * nI * 4
                for c in range(0, nI, 8 * len(wide)):
                    chunk = at + first * 8
                    add_outer(do, chunk, mask + p * 8, x + c * 4, y + c * 4, wide)
    keep((masks, T, won))


@kernel
def backprop_products(D, which, places, X, dX, W, grads, lengths):  # type: ignore
    """Add to the gradients of windows, which begin at places, weights and biases.

    lengths: Tuples as long as there are pieces, and as strips of columns have vectors.
    """
    n, nO = D.shape
    dW, db = grads
    pieces, narrow, wide = lengths
    d, won, at = D.ctypes.data, which.ctypes.data, places.ctypes.data
    nP, nI, columns = len(pieces), W.shape[2], LANES * len(narrow)
    # The weights of some units, which begin at multiples of 32 bytes.
    packed = np.empty((N_UNITS * nP, columns), np.float32)
    for first in range(0, nI, columns):
        dx = dX.ctypes.data + first * 4
        for o in range(0, nO, N_UNITS):
            units = min(N_UNITS, nO - o)
            source = W.ctypes.data + (o * nP * nI + first) * 4
            copy_strip(source, nI, units * nP, packed.ctypes.data, narrow)
            w = packed.ctypes.data - o * nP * columns * 4
            i = 0
            while i + 2 <= n:
                u = (i * nO + o) * 4
                add_winners2(d + u, won + u, nO, w, units, dx, at + i * 8, narrow)
                i += 2
            if i < n:
                u = (i * nO + o) * 4
                add_winners1(d + u, won + u, nO, w, units, dx, at + i * 8, narrow)
    backprop_weights(D, which, places, X, dW, db, pieces, wide)
    keep((packed,))


@kernel
def backprop_rows(dY, X, dX, W, G, trace, grads, lengths):  # type: ignore
    """The gradient of `forward_rows`. dX is zero at first."""
    normed, scales, which = trace
    dW, db, dG, dbeta = grads
    D = dY.copy()
    backprop_norm(D, G, normed, scales, dG, dbeta)
    places = np.arange(len(D)) * X.shape[1]
    backprop_products(D, which, places, X, dX, W, (dW, db), lengths)


@kernel
def backprop_windows(dY, rows, mask, size, X, W, G, trace, grads, lengths):  # type: ignore
    """The gradient of `forward_windows`: dY becomes that of the old Y."""
    normed, scales, which = trace
    dW, db, dG, dbeta = grads
    n, width = normed.shape
    D = np.empty((n, width), np.float32)
    for i in range(n):
        r = rows[i]
        for j in range(width):
            D[i, j] = dY[r, j] * mask[r, j] if len(mask) else dY[r, j]
    backprop_norm(D, G, normed, scales, dG, dbeta)
    places = (rows - size) * width
    backprop_products(D, which, places, X, dY, W, (dW, db), lengths)
