"""The pipeline, readable aloud: source, item, darkroom, match, finding, store."""
