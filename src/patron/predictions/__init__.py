"""What to expect of customers: purchase models as arrays in, frozen results out. Usable without a project."""
