"""What is uploaded: taken in, checked and looked at."""
