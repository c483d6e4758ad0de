"""The merchant's pages: one module a resource, values in, HTML out."""
