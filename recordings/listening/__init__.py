"""Who may find which recording, who listened to it and why, what was noted."""
