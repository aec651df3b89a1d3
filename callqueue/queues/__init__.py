"""What is decided about those who wait: their places, their estimated wait, a supervisor's deeds."""
