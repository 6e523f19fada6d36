"""Which submissions look like copies of one another."""
