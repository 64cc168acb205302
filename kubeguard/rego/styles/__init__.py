"""Policies of each tool, as that tool means them."""
