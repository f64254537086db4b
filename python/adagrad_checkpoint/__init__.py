"""Checkpoints of the C++ library adagrad in Python: reading, writing, and exchange with PyTorch and Keras; docs/exchange.md tells what is carried over.

The functions take and give arrays in memory and need numpy alone, read and write also libxxhash (or the package xxhash). `python -m adagrad_checkpoint --help`
converts files, and imports torch, keras or h5py where it must open theirs.
"""

from .checkpoint import BadFile, Checkpoint
from .exchange import Refused
from .file import read, write
from .keras import Keras, from_keras, to_keras
from .pytorch import from_torch, to_torch

__all__ = ["BadFile", "Checkpoint", "Keras", "Refused", "from_keras", "from_torch", "read", "to_keras", "to_torch", "write"]
