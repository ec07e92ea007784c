"""Boxes that pass for images of disks."""

from tests.unit.boxes.box import unpack

__all__ = ["unpack"]
