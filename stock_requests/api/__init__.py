"""The stock-request routes of the backoffice contract."""
