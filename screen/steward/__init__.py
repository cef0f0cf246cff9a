"""What `/steward` is made of: one file a part of the page, the address, what all parts need, and the door of the workbooks."""
