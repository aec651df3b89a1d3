"""What all reports share: what they may be asked for, the sheets they are, the forms they take."""
