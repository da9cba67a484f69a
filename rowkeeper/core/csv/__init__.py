"""The forms of the legacy CSV and what guards a spreadsheet."""
