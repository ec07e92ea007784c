"""What prioritising by a triage instrument would miss."""
