"""The autograder that Gradescope runs: packed, and what it does there."""
