"""Feedback on its way back to where the hand-ins came from."""
