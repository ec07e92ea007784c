"""Where items come from: directory trees, files, lists of paths. Opened read-only, always."""
