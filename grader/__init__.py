"""Grade PyTorch notebooks in a sandbox, judge outside, and say what went wrong."""

__version__ = "0.1.0"
