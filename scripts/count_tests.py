"""Counts the test cases in a testlog.json of `meson test` and prints, last, one line
"N passed, N failed[, N skipped]". Fails when a case failed, or when there was none."""

import json
import re
import sys

CASE = re.compile(r"^(not )?ok\b(?: \d+)?(?: - )?([^#]*)(# *(?:SKIP|TODO)\b)?", re.I)


def cases(test):
    """(passed | failed | skipped, name) of each case; a program without cases is one itself."""
    result, found = test["result"], []
    lines = (test.get("stdout") or "").splitlines()
    if any(re.fullmatch(r"1\.\.\d+.*", line) for line in lines):
        for match in filter(None, map(CASE.match, lines)):
            failed, name, skip = match.groups()
            found.append(("skipped" if skip else "failed" if failed else "passed", name.strip()))
    if result in ("OK", "EXPECTEDFAIL"):
        return found or [("passed", "")]
    if result == "SKIP":
        return found or [("skipped", "")]
    if not any(outcome == "failed" for outcome, _ in found):
        found.append(("failed", result.lower()))
    return found


def main():
    count = {"passed": 0, "failed": 0, "skipped": 0}
    with open(sys.argv[1], encoding="utf-8") as log:
        for line in filter(str.strip, log):
            test = json.loads(line)
            for outcome, name in cases(test):
                count[outcome] += 1
                if outcome == "failed":
                    print(f"failed: {test['name']}: {name}")
    summary = f"{count['passed']} passed, {count['failed']} failed"
    if count["skipped"]:
        summary += f", {count['skipped']} skipped"
    print(summary)
    return 1 if count["failed"] or not count["passed"] else 0


sys.exit(main())
