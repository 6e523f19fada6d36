"""The folder of a course, its assignments, and what is made of them."""
