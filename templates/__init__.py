"""What a person sees: Jinja templates, shipped as a package so that a wheel carries them."""
