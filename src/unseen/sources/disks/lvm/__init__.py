"""Volumes of Linux' logical volume manager (LVM 2)."""
