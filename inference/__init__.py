"""From the bytes of a clip to a reading: no LTI, no web server, no database."""
