"""Submissions: files, archives, and the names that platforms give them."""
