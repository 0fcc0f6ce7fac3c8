"""The pieces of `twin.SolidStateCell`: one submodel, one file; where an option may be off, a `none` sibling."""
