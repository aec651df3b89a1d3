"""Files that grow while others write to them: read line by line, each once, and begun anew."""
