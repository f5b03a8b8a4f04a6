"""Run transition systems: parsing and finding entities, all documents at once.

Rows: tokens of a batch are numbered from 1, laid end to end; row 0 stands for "none".
Everything here works on NumPy arrays on the host.
"""
