"""What users ask for, as verbs. It chooses settings, clock, sources and lists; it holds no mechanism."""
