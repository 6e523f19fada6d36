"""Who judges: jobs, judges, batches, shards and clusters."""
