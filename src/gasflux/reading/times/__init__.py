"""Times of a log: cells in any notation, columns that go together, clocks that were set while they ran."""
