"""Altered copies that are missed: at which step each is lost, and whether knowing its true place would have helped."""
