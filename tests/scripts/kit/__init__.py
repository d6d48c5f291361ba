"""What the scripts beside this folder share: starts real processes of Tributary, talks to them as the outside would, and counts.

Python's standard library only, but for `compose`. Nothing here looks into the tables: what is asserted of the books was read over GraphQL.
"""
