"""Judgements and decisions, kept in one SQLite file."""
