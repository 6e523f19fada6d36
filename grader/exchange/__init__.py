"""Assignments for otter-grader and nbgrader, and from otter-grader."""
