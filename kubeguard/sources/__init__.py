"""Bytes in, views with places out: the only code that opens what it is asked to judge."""
