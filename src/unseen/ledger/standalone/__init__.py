"""What ships inside bundles: a verifier that needs nothing of this program."""
