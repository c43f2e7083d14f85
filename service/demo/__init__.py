"""A small, strict LMS of its own: it stands in for Canvas or Moodle."""
