"""What plugins, parsers and actions written in Python import.

It comes with smokerd and wins over an installed Smoker; modules below smoker
that it does not have are looked up on the path.
"""
