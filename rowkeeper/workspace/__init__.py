"""One data folder and one warehouse at work: context, locks, sessions, selection, build."""
