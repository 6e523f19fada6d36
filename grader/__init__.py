"""Grade PyTorch notebooks in a sandbox, judge outside, and say what went wrong."""

__version__ = "0.2.0"
