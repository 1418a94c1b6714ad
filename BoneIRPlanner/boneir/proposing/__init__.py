"""The parts of the verb `propose`: the job, the search, the ways, the plans."""
