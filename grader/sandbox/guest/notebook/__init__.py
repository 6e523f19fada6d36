"""The part of a notebook that is run: read, split into statements, sliced, executed."""
