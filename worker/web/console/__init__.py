"""The console: the merchant's own pages, one file a resource."""
