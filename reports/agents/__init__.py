"""Reports about agents: their time, their plan, whom they pass on, what they let ring, how they are judged."""
