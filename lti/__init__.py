"""LTI 1.3 Advantage as a small library over PyLTI1p3, without database, web or templates."""
