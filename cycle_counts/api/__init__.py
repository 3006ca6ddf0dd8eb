"""The cycle-count routes of the backoffice contract."""
