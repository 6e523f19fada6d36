"""All that runs beside a student's code, in the sandbox; it imports nothing of ours but itself."""
