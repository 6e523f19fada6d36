"""How tensors are compared with those that are due, and how the difference is worded."""
