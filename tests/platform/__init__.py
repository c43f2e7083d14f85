"""An LTI platform that nobody here wrote: Open edX's, in a process of its own."""
