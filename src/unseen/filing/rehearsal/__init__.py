"""A CyberTipline of one's own, to rehearse with: as strict as the real one, and what it takes goes nowhere."""

from unseen.filing.rehearsal.desk import Desk, Fault
from unseen.filing.rehearsal.server import RehearsalServer

__all__ = ["Desk", "Fault", "RehearsalServer"]
