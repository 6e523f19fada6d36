"""What was handed in: files, archives, and the names that platforms give them."""
