"""What the program is made of and runs: its bill of materials, and the licences in it."""
