"""Where students' code runs: the guest's side of the wall, and the host's."""
