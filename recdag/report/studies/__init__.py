"""Studies on the page: figures of the table `studies`, with published points, and their numbers.

`sections.study_sections` is what the page calls.
"""
