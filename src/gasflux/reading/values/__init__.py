"""What cells become: numbers without codes, in contract units, from the living one of several columns."""
