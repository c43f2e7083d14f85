"""What several tests stand on: databases, fakes at the seams, and a world in one process."""
