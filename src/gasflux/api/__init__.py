"""What the endpoints are made of: their declarations, their models, their headers."""
