"""The tables of an HTML page, read by the standard library alone."""

from html.parser import HTMLParser


class Rows(HTMLParser):
    """Cells of all table rows, and every element that is opened, checking that all but the void ones are closed."""

    void = ("meta", "img", "br", "line", "path", "circle", "rect")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows, self.open, self.addresses = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in self.void:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        if tag not in self.void:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data
