"""Archives and compressed files: a reader for each kind, as functions over ranges of bytes.

`signatures` says what is an archive, `streams` reads most kinds through libarchive, `gzips` reads gzip, `zip_files` and
`sevenzip` read the two that keep a directory. Nothing is written, and nothing is opened by name: a path inside an
archive is only text.
"""
