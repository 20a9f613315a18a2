"""Servers: find them, recognise what they are, ask what they can do, and say how to start them right."""
