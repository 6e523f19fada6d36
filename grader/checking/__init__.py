"""How hidden checks are collected and run, how tensors are compared, and failures explained."""
