"""The bytes of one item, given out as they lie there to whoever has to send them on. Nothing is decoded for it."""
