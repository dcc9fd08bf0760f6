"""Counts the test cases in a testlog.json of `meson test` and prints, last, one line
"N passed, N failed[, N skipped]"; before it, what failed and why. Fails when a case failed, or
when there was none."""

import json
import re
import sys

PLAN = re.compile(r"1\.\.\d+")
CASE = re.compile(r"(not )?ok\b(?: \d+)?(?: - )?([^#]*)(# *SKIP\b)?", re.I)


def cases(test):
    """[outcome, name, diagnostics] of each case; a program without cases is one itself."""
    result, found = test["result"], []
    lines = (test.get("stdout") or "").splitlines()
    if any(PLAN.match(line) for line in lines):
        for line in lines:
            match = CASE.match(line)
            if match:
                failed, name, skip = match.groups()
                outcome = "skipped" if skip else "failed" if failed else "passed"
                found.append([outcome, name.strip(), []])
            elif found:
                found[-1][2].append(line)
    if result in ("OK", "EXPECTEDFAIL"):
        return found or [["passed", "", []]]
    if result == "SKIP":
        return found or [["skipped", "", []]]
    if not any(outcome == "failed" for outcome, _, _ in found):
        found.append(["failed", result.lower(), lines])
    return found


def main():
    count = {"passed": 0, "failed": 0, "skipped": 0}
    with open(sys.argv[1], encoding="utf-8") as log:
        for line in filter(str.strip, log):
            test = json.loads(line)
            for outcome, name, diagnostics in cases(test):
                count[outcome] += 1
                if outcome == "failed":
                    print(f"failed: {test['name']}: {name}", *diagnostics, sep="\n  ")
    summary = f"{count['passed']} passed, {count['failed']} failed"
    if count["skipped"]:
        summary += f", {count['skipped']} skipped"
    print(summary)
    return 1 if count["failed"] or not count["passed"] else 0


sys.exit(main())
