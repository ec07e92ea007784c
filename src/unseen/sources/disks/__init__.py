"""Disks: images of them, tables of partitions, encrypted volumes; what lies in a volume is another's part."""
