"""Meta ThreatExchange: hashes of one privacy group, as https://developers.facebook.com/docs/threat-exchange has it."""

from unseen.exchanges.threatexchange.client import BASE, ThreatExchangeClient, read_token

__all__ = ["BASE", "ThreatExchangeClient", "read_token"]
