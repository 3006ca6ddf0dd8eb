"""The backoffice contract (`sources/backoffice.txt`): what the staff's own screens and tools call, in camelCase."""
