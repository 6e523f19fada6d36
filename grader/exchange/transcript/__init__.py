"""Hidden checks written down for otter-grader and nbgrader, which cannot run them."""
