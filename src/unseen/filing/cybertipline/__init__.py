"""NCMEC's CyberTipline: its reports, its calls, and what its answers mean."""
