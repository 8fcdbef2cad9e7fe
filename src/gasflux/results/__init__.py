"""What a result becomes: files, figures, report, the page's document."""
