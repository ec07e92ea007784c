"""File systems read by The Sleuth Kit: NTFS, FAT, exFAT, ext, HFS+, ISO 9660 and UFS, with what it leaves out."""
