"""The command line: one file per kind of user, joined in main.py."""
