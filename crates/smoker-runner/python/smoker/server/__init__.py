"""The side of Smoker that runs plugins."""
