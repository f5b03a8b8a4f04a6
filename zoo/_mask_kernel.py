"""Compile the drawing of random masks with numba.

All of it stands in this file, because numba's cache on disk goes by the file of a
function only. `_random_masks` checks what kernels are given.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from ._compile import kernel

#: Generators that draw at once; each has a lane of the vectors.
N_STREAMS = 4
#: Words of each generator that are drawn before they are compared.
N_AT_ONCE = 256
#: Numbers that a word decides, of 16 bits each.
PER_WORD = 4

LONG = ir.IntType(64)
LANES = ir.VectorType(LONG, N_STREAMS)


def _shift(builder: Any, vector: Any, n_bits: int) -> Any:
    """Shift to the left, or to the right if negative."""
    by = ir.Constant(LANES, [abs(n_bits)] * N_STREAMS)
    return builder.shl(vector, by) if n_bits > 0 else builder.lshr(vector, by)


@intrinsic
def draw_words(typingctx, state, words, n):  # type: ignore
    """Draw n words by each of the generators SFC64, one at least: words (n, 4).

    state: Three numbers of each and the count of words, (4, 4), which are changed.

    Source:
        Doty-Humphrey (2010), PractRand, https://pracrand.sourceforge.net.
    """

    def codegen(context, builder, signature, args):  # type: ignore
        state, words, n = args
        vectors = LANES.as_pointer()
        kept = builder.inttoptr(state, vectors)
        drawn = builder.inttoptr(words, vectors)
        places = [builder.gep(kept, [LONG(i)]) for i in range(4)]
        start = [builder.load(place, align=8) for place in places]
        entry = builder.block
        block, after = builder.append_basic_block(), builder.append_basic_block()
        builder.branch(block)
        builder.position_at_end(block)
        phis = [builder.phi(type_) for type_ in (LONG, *[LANES] * 4)]
        i, a, b, c, count = phis
        word = builder.add(builder.add(a, b), count)
        turned = builder.or_(_shift(builder, c, 24), _shift(builder, c, -40))
        new = [
            builder.xor(b, _shift(builder, b, -11)),
            builder.add(c, _shift(builder, c, 3)),
            builder.add(turned, word),
            builder.add(count, ir.Constant(LANES, [1] * N_STREAMS)),
        ]
        builder.store(word, builder.gep(drawn, [i]), align=8)
        following = builder.add(i, LONG(1))
        for phi, first, later in zip(
            phis, [LONG(0), *start], [following, *new], strict=True
        ):
            phi.add_incoming(first, entry)
            phi.add_incoming(later, block)
        builder.cbranch(builder.icmp_signed("<", following, n), block, after)
        builder.position_at_end(after)
        for value, place in zip(new, places, strict=True):
            builder.store(value, place, align=8)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 3), codegen


@intrinsic
def keep(typingctx, arrays):  # type: ignore
    """Do nothing: numba frees an array after its last use, not that of its address."""

    def codegen(context, builder, signature, args):  # type: ignore
        return context.get_dummy_value()

    return types.void(arrays), codegen


@kernel
def draw(state, least, scale, mask):  # type: ignore
    """Draw a mask: `scale` where 16 bits are `least` or more, otherwise 0."""
    words = np.empty((N_AT_ONCE, N_STREAMS), np.uint64)
    bits = words.reshape(-1).view(np.uint16)
    for start in range(0, len(mask), len(bits)):
        n = min(len(bits), len(mask) - start)
        n_words = -(-n // (PER_WORD * N_STREAMS))
        draw_words(state.ctypes.data, words.ctypes.data, n_words)
        part = mask[start : start + n]
        for i in range(n):
            part[i] = scale if bits[i] >= least else np.float32(0)
    keep((words,))


@kernel
def skip(state, n):  # type: ignore
    """Draw n words by each generator and use none."""
    words = np.empty((n, N_STREAMS), np.uint64)
    draw_words(state.ctypes.data, words.ctypes.data, n)
    keep((words,))
