"""Checkpoints of the C++ library adagrad in Python: reading, writing, and exchange with PyTorch and Keras.

The functions work on arrays in memory and need numpy, and libxxhash (Debian: libxxhash0) for the digests. `python -m adagrad_checkpoint --help` converts files, and
imports torch or keras only where it must open theirs.
"""

from .file import BadFile, Checkpoint, read, write
from .exchange import Refused
from .keras import from_keras, to_keras
from .pytorch import from_torch, to_torch

__all__ = ["BadFile", "Checkpoint", "Refused", "from_keras", "from_torch", "read", "to_keras", "to_torch", "write"]
