"""Cells: which stack serves which organizations, and that European data stays where it must."""
