"""The endpoints of the service, one blueprint per subject."""
