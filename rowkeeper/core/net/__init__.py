"""What requests share: hosts, addresses, pace, credentials, kinds of bytes."""
