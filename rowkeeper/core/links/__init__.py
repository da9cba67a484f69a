"""Links: found in text, unwrapped, and told what they lead to."""
