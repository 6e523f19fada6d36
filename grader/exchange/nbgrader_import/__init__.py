"""Assignments of nbgrader, turned into ours."""
