"""A container made for tests, whose members do what they say: be read, or bring their reader to grief."""
