"""What rowkeeper claims about speed, measured: each figure is a ratio against something named."""
