"""The folder of a course, its assignments, and what is generated from them."""
