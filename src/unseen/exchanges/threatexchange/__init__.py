"""Meta ThreatExchange: hashes of one privacy group, as https://developers.facebook.com/docs/threat-exchange has it."""

from unseen.exchanges.threatexchange.client import BASE, ThreatExchangeClient, read_token
from unseen.exchanges.threatexchange.feedback import WRONG, descriptors_of, put_reaction

__all__ = ["BASE", "WRONG", "ThreatExchangeClient", "descriptors_of", "put_reaction", "read_token"]
