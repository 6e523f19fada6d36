"""The trusted side of the sandbox: what starts workers, what may cross, and a student's proxy."""
