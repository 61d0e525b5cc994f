"""The directory: where people come from. The file of an authority without Active Directory, and of the demo city."""
