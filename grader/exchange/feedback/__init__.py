"""Feedback on its way back to where the submissions came from."""
