"""Run the recipes of docs/scale.md on a real Slurm: `python -m tests.slurm`.

Exit code 77 where this machine cannot: nothing is proved then, and tests/proofs.py says so.
"""

import sys

import pytest

from tests.support.slurm import missing

TESTS = "tests/judging/test_slurm.py"
NOT_HERE = 77

if __name__ == "__main__":
    if reason := missing():
        print(f"No Slurm: {reason}.", file=sys.stderr)
        sys.exit(NOT_HERE)
    sys.exit(pytest.main([TESTS, "-m", "whole"]))
