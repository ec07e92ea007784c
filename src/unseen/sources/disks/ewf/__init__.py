"""E01 images: sections, tables of chunks, and the medium that they hold."""
