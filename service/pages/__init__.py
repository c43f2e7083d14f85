"""What answers a request: each handler parses, calls one rule and renders."""
