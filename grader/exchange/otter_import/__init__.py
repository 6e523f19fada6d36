"""Assignments of otter-grader, turned into ours."""
