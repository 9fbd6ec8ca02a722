"""The page of `sepcl explore`: a server for this machine alone, and what it tells and plays of a collection."""
