"""Jobs, judges, batches, shards and clusters."""
