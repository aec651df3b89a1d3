"""What a caller meets: menus, spoken prompts, and the FastAGI server that drives them."""
