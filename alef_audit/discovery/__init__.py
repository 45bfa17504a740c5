"""Which files an audit looks at, what each is for, and which versions of libraries they use."""
