"""XXH3 with 64 bits: by the package xxhash where it is installed, else by the system's libxxhash. Looked for when the first digest is made."""

import ctypes
import ctypes.util
import functools

import numpy as np


def hexadecimal(*pieces) -> str:
    """16 digits for the bytes of all pieces (bytes or contiguous arrays), one after the other."""
    state = _make()()
    for piece in pieces:
        state.update(np.frombuffer(piece, np.uint8) if isinstance(piece, bytes) else piece.reshape(-1).view(np.uint8))
    return f"{state.intdigest():016x}"


@functools.cache
def _make():
    """What makes a new state."""
    try:
        import xxhash
    except ImportError:
        return _from_system()
    return xxhash.xxh3_64


def _from_system():
    try:
        library = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
    except OSError:
        raise ImportError(
            "reading and writing checkpoints needs XXH3 for their digests: install libxxhash (Debian and Ubuntu: apt-get install libxxhash0) or "
            "the package xxhash (pip install xxhash)"
        ) from None
    library.XXH3_createState.restype = ctypes.c_void_p
    library.XXH3_freeState.argtypes = [ctypes.c_void_p]
    library.XXH3_64bits_reset.argtypes = [ctypes.c_void_p]
    library.XXH3_64bits_update.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
    library.XXH3_64bits_digest.argtypes = [ctypes.c_void_p]
    library.XXH3_64bits_digest.restype = ctypes.c_uint64

    class State:
        def __init__(self):
            self.state = library.XXH3_createState()
            if not self.state:
                raise MemoryError("no memory for a digest")
            library.XXH3_64bits_reset(self.state)

        def __del__(self):
            library.XXH3_freeState(self.state)

        def update(self, view):
            library.XXH3_64bits_update(self.state, view.ctypes.data, view.nbytes)

        def intdigest(self):
            return library.XXH3_64bits_digest(self.state)

    return State
