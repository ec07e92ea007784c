"""How reports leave the house: delivery to services and authorities."""
