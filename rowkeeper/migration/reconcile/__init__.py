"""The proof that nothing was lost; it shares no code with what it checks."""
