"""Where student code runs: the guest's side and the host's."""
