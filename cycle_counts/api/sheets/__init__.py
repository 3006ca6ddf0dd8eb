"""Counting on paper or in a spreadsheet: the blind form, and the sheet that comes back."""
