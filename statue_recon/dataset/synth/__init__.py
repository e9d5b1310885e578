"""Statues made from numbers: bodies, dress, props, relics and their age, each from its seed."""
