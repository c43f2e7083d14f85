"""What Moodle and Canvas do differently, as this LMS can play them."""
