"""What the scripts beside this folder share: starts real processes of Tributary, talks to them as the outside would, and counts.

Python's standard library only. Nothing here looks into the program or its tables: what is asserted was read over GraphQL.
"""
