"""A class, judged: the store, the judges, and what is decided later."""
