# org.memscope1(5) as lines "method Name in out", "signal Name in -", "property Name type -", with -
# where there is nothing.

function types(list, parts, n, i, all) {
    all = ""
    n = split(list, parts, /, */)
    for (i = 1; i <= n; i++) {
        sub(/ .*/, "", parts[i])
        all = all parts[i]
    }
    return all == "" ? "-" : all
}

/^\.SH / { section = $2; next }

section == "PROPERTIES" && /^\.BR? / {
    sub(/^\.BR? /, "")
    gsub(/\\ /, " ")
    n = split($0, pairs, /, */)
    for (i = 1; i <= n; i++)
        print "property", pairs[i], "-"
}

(section == "METHODS" || section == "SIGNALS") && /^\.B [A-Z][A-Za-z]*\(/ {
    sub(/^\.B /, "")
    name = $0
    sub(/\(.*/, "", name)
    args = $0
    sub(/^[A-Za-z]*\(/, "", args)
    results = ""
    if (args ~ / \\\(->/) {
        results = args
        sub(/.* \\\(-> */, "", results)
        sub(/ \\\(->.*/, "", args)
    }
    sub(/\)$/, "", args)
    print section == "METHODS" ? "method" : "signal", name, types(args), types(results)
}
