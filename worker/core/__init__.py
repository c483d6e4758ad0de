"""What we know: values and rules. Pure: no input or output, no clock, no settings."""
