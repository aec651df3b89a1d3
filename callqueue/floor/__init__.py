"""The live floor: who waits and what agents do at this moment, from AMI to the bus."""
