"""SQL: the truth about lists, scans, items and findings."""
