"""The safety kernel: no node's load exceeds its limit, whatever planners, chargers and networks do.

It keeps a ledger of what each charger may draw in the worst case. Decreases are asked for at once and count when they
are confirmed; increases are granted only into room that the ledger shows. It knows no priorities.
"""
