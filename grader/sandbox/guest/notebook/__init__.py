"""What of a notebook is run: read, cut into statements, sliced, executed."""
