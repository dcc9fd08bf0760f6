"""Counts the test cases in a testlog.json of `meson test` and prints, last, one line
"N passed, N failed[, N skipped]"; before it, what was skipped or failed and why. Fails when a case
failed, or when there was none."""

import json
import re
import sys

PLAN = re.compile(r"1\.\.\d+(?: *# *SKIP\b *(.*))?", re.I)
CASE = re.compile(r"(not )?ok\b(?: \d+)?(?: - )?([^#]*)(?:# *SKIP\b *(.*))?", re.I)
REASON = re.compile(r"# skipped: (.*)")  # on a line before the case, or the only one


def cases(test):
    """[outcome, name, diagnostics] of each case; a program without cases is one itself."""
    result, found, reason = test["result"], [], ""
    lines = (test.get("stdout") or "").splitlines()
    plan = next(filter(None, map(PLAN.match, lines)), None)
    for line in lines:
        case, why = plan and CASE.match(line), REASON.match(line)
        if case:
            failed, name, skip = case.groups()
            if skip is None:
                found.append(["failed" if failed else "passed", name.strip(), []])
            elif reason:
                found.append(["skipped", skip, [reason]])
            else:
                found.append(["skipped", name.strip(), [skip]])
            reason = ""
        elif why:
            reason = why[1]
        elif found and found[-1][0] != "skipped":
            found[-1][2].append(line)
    if result in ("OK", "EXPECTEDFAIL"):
        return found or [["passed", "", []]]
    if result == "SKIP":
        return found or [["skipped", "", [plan and plan[1] or reason]]]
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
                if outcome == "skipped":
                    print(*filter(None, ["skipped", test["name"], name, *diagnostics]), sep=": ")
                elif outcome == "failed":
                    print(f"failed: {test['name']}: {name}", *diagnostics, sep="\n  ")
    summary = f"{count['passed']} passed, {count['failed']} failed"
    if count["skipped"]:
        summary += f", {count['skipped']} skipped"
    print(summary)
    return 1 if count["failed"] or not count["passed"] else 0


sys.exit(main())
