"""Alterations of pictures, made inside the darkroom: a locked worker decodes, alters and hashes; only hashes leave."""
