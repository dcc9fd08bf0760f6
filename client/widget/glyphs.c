#include "client/widget/glyphs.h"

static const glyphs_t unicode = {
        .utf8 = true,
        .rule = "─",
        .axis = "│",
        .gauge_full = "█",
        .gauge_empty = "░",
        .part = {"█", "▓", "▚", "▞", "▒", "░"},
        .level = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
        .branch = "├",
        .last_branch = "└",
        .up = "↑",
        .more = "…",
};

static const glyphs_t ascii = {
        .utf8 = false,
        .rule = "-",
        .axis = "|",
        .gauge_full = "#",
        .gauge_empty = ".",
        .part = {"#", "=", "%", "+", ":", "."},
        .level = {" ", "_", ".", "-", ":", "=", "+", "*", "#"},
        .branch = "+",
        .last_branch = "`",
        .up = "^",
        .more = "..",
};

const glyphs_t *glyphs_get(bool utf8)
{
    return utf8 ? &unicode : &ascii;
}
