"""Credentials that lie where anybody who reads the object can take them."""
