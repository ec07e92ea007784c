"""File systems read by The Sleuth Kit: NTFS, FAT, exFAT, ext, HFS+ and ISO 9660, with what it leaves out."""
