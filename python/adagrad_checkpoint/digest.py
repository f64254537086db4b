"""XXH3 with 64 bits, by libxxhash."""

import ctypes
import ctypes.util

_library = None


def hexadecimal(*pieces):
    """16 digits for the bytes of all pieces (bytes or contiguous arrays), one after the other."""
    library = _load()
    state = library.XXH3_createState()
    if not state:
        raise MemoryError("no memory for a digest")
    try:
        library.XXH3_64bits_reset(state)
        for piece in pieces:
            view = memoryview(piece).cast("B") if memoryview(piece).nbytes else memoryview(b"")
            data = (ctypes.c_char * view.nbytes).from_buffer_copy(view) if view.readonly else (ctypes.c_char * view.nbytes).from_buffer(view)
            library.XXH3_64bits_update(state, data, view.nbytes)
        return f"{library.XXH3_64bits_digest(state):016x}"
    finally:
        library.XXH3_freeState(state)


def _load():
    global _library
    if _library is None:
        name = ctypes.util.find_library("xxhash")
        if name is None:
            raise ImportError("libxxhash is not there, which makes the digests: install it (Debian and Ubuntu: apt-get install libxxhash0)")
        _library = ctypes.CDLL(name)
        _library.XXH3_createState.restype = ctypes.c_void_p
        _library.XXH3_freeState.argtypes = [ctypes.c_void_p]
        _library.XXH3_64bits_reset.argtypes = [ctypes.c_void_p]
        _library.XXH3_64bits_update.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
        _library.XXH3_64bits_digest.argtypes = [ctypes.c_void_p]
        _library.XXH3_64bits_digest.restype = ctypes.c_uint64
    return _library
