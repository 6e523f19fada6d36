"""What has been judged and decided, kept in one SQLite file."""
