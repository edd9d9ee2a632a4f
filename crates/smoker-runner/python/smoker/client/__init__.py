"""The side of Smoker that asks daemons."""
