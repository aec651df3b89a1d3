"""What a machine hears in a sound: who speaks when, how loud, how it looks."""
