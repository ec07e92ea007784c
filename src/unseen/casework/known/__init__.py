"""Known material: the lists of a run, and the index by which those of the store are searched."""
