"""What every room uses; it knows none of them."""
