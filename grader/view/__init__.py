"""A page of this machine alone, to review a class and decide on it: `grader view`."""
