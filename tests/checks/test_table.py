"""Checks that tests/README.md is true, a test named check-test-table: python3 test_table.py ROOT

Every `..._test` that it names is one file under tests or apps, every text in quotation marks behind
it, in the same cell or line, is the whole title of a TEST_CASE there, the two tables of the
references' checks have each of them once, in order, each with a test, and so, in any order, has
that of the cases.
"""
import pathlib
import re
import sys

CHECKS = 134
# Of the HTTP interface: by section, how many there are, and those that are the web UI's or not for us.
SECTIONS = {
    "A": 18, "B": 16, "C": 7, "D": 2, "E": 8, "F": 5, "G": 6, "H": 11, "I": 12, "J": 10, "K": 4,
    "L": 5, "M": 9, "N": 13, "O": 7, "P": 17, "Q": 6, "R": 8, "S": 9, "T": 8, "W": 5, "X": 8, "Y": 10,
}
LEFT_OUT = {"S5", "S8", "X8"}
HTTP_CHECKS = [
    f"{section}{number}"
    for section, count in SECTIONS.items()
    for number in range(1, count + 1)
    if f"{section}{number}" not in LEFT_OUT
]
# The heading of the table whose rows they are: other tables have ids of the same form.
HTTP_HEADING = "## What the references' own tests check of the HTTP interface"
# Of the cases with ids of their own, those that all must be there.
CASES_HEADING = "## Cases by their ids"
CASES = [
    f"{section}{number:02}"
    for section, count in {"C": 19, "D": 14, "E": 12, "H": 13}.items()
    for number in range(1, count + 1)
]
CASE_IDS = re.compile(r"\b([A-Z])(\d\d)(?:-\1(\d\d))?\b")
NOT_FOR_US = "not for this system"
LITERAL = r'"(?:[^"\\]|\\.)*"'
CASE = re.compile(r"\bTEST_CASE\(\s*((?:%s\s*)+)" % LITERAL)
# The columns are divided by bars; one within a title is escaped.
CELLS = re.compile(r"(?<!\\)\|")
HTTP_ID = re.compile(r"[A-Z]\d+")
NAMED = re.compile(r"`([\w/]+_test)`|\"([^\"]*)\"")


def titles_of(source):
    """clang-format breaks long titles over several literals."""
    titles = set()
    for case in CASE.finditer(source):
        title = "".join(literal[1:-1] for literal in re.findall(LITERAL, case.group(1)))
        titles.add(title.replace('\\"', '"').replace("\\\\", "\\"))
    return titles


class Sources:
    def __init__(self, root):
        self.files = [
            file for top in ("tests", "apps") for file in (root / top).rglob("*_test.cpp")
        ]
        self.titles = {}

    def titles_in(self, name):
        """Or what is wrong with the name, as a text."""
        end = "/" + name + ".cpp"
        found = [file for file in self.files if file.as_posix().endswith(end)]
        if len(found) != 1:
            return "no such file" if not found else "several files of that name"
        if found[0] not in self.titles:
            self.titles[found[0]] = titles_of(found[0].read_text(encoding="utf-8"))
        return self.titles[found[0]]


def problems_of_cell(cell, sources):
    """And how many titles it names."""
    problems = []
    name = None
    titles = 0
    for test, title in NAMED.findall(cell.replace("\\|", "|")):
        if test:
            name = test
            known = sources.titles_in(name)
            if isinstance(known, str):
                problems.append(f"{name}: {known}")
                known = set()
        elif name:
            titles += 1
            if title not in known:
                problems.append(f'{name}: no test case "{title}"')
    return problems, titles


def cases_of(cell):
    """`C12-C15, F08`, each of them."""
    return [
        f"{section}{number:02}"
        for section, first, last in CASE_IDS.findall(cell)
        for number in range(int(first), int(last or first) + 1)
    ]


def wrong_order(what, expected, found):
    """What is missing, and what stands twice, at another place, or is unknown."""
    if found == expected:
        return []
    missing = [check for check in expected if check not in found]
    return [f"{what} are not all there in order, each once: {found}, missing are {missing}"]


def problems_of(readme, sources):
    problems = []
    numbers = []
    http_checks = []
    cases = []
    heading = ""
    for line_number, line in enumerate(readme.splitlines(), 1):
        if line.startswith("#"):
            heading = line
        is_row = line.startswith("|")
        cells = [cell.strip() for cell in CELLS.split(line)[1:-1]] if is_row else [line]
        titles = 0
        for cell in cells:
            wrong, named = problems_of_cell(cell, sources)
            problems += [f"line {line_number}: {what}" for what in wrong]
            titles += named
        if is_row and heading == HTTP_HEADING and HTTP_ID.fullmatch(cells[0]):
            http_checks.append(cells[0])
        elif is_row and cells[0].isdigit() and heading != HTTP_HEADING:
            numbers.append(int(cells[0]))
        elif is_row and heading == CASES_HEADING and cases_of(cells[0]):
            cases += cases_of(cells[0])
        else:
            continue
        if titles == 0 and cells[-1] != NOT_FOR_US:
            problems.append(f"line {line_number}: check {cells[0]} names no test")
    problems += wrong_order("the numbered checks", list(range(1, CHECKS + 1)), numbers)
    found = sorted(case for case in cases if case[0] in {wanted[0] for wanted in CASES})
    problems += wrong_order("the cases", CASES, found)
    return problems + wrong_order("the checks of the HTTP interface", HTTP_CHECKS, http_checks)


def main():
    root = pathlib.Path(sys.argv[1])
    readme = (root / "tests/README.md").read_text(encoding="utf-8")
    problems = problems_of(readme, Sources(root))
    print("\n".join(["tests/README.md:"] + problems if problems else ["all tests are there"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
