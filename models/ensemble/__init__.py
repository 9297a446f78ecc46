"""How members' answers become one answer, how sure it is, and the emotion event that says it."""
