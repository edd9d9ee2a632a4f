# Makes smokerd.yaml(5) of docs/configuration.md, so that there is one text about the keys:
#   awk -f docs/man/smokerd.yaml.5.awk docs/configuration.md > smokerd.yaml.5

BEGIN {
    print ".TH SMOKERD.YAML 5 2026-11-25 Smoker"
    print ".SH NAME\nsmokerd.yaml \\- configuration of the Smoker daemon\n.SH DESCRIPTION"
    # A heading needs no paragraph behind it.
    headed = 1
}

# Blocks.
/^```/          { inside = !inside; print inside ? ".PP\n.RS 4\n.nf" : ".fi\n.RE"; next }
inside          { print plain($0); next }
/^# /           { next }
/^## /          { print ".SH " toupper(plain(substr($0, 4))); headed = 1; next }
/^###/          { sub(/^#+ /, ""); print ".SS " text($0); headed = 1; next }
/^\|[-:| ]+\|$/ { next }
/^\|/           { row($0); next }
/^$/            { table = 0; paragraph = !headed; next }
/^- /           { print ".IP \\(bu 2"; paragraph = 0; fill(substr($0, 3)); next }
                { if (paragraph) print ".PP"; paragraph = headed = 0; fill($0) }

END { print ".SH SEE ALSO\n.BR smokerd (8)" }

# The first row of a table names its columns. The first cell is the term; what
# the columns in between hold comes after the meaning, which is the last column.
function row(line,    cells, count, i, notes) {
    count = split(line, cells, "|") - 1
    if (!table) {
        table = 1
        split(line, columns, "|")
        return
    }
    headed = 0
    print ".TP\n" text(trim(cells[2]))
    notes = ""
    for (i = 3; i < count; i++) {
        if (trim(cells[i]) != "") {
            notes = notes (notes == "" ? "" : "; ") trim(columns[i]) " " trim(cells[i])
        }
    }
    fill(sentence(trim(cells[count])) (notes == "" ? "" : " (" notes ")"))
}

function trim(cell) { gsub(/^ +| +$/, "", cell); return cell }

function sentence(cell) { return toupper(substr(cell, 1, 1)) substr(cell, 2) (cell ~ /\.$/ ? "" : ".") }

# Prints text in lines of at most 80 characters.
function fill(line,    words, count, i, out) {
    count = split(text(line), words, " ")
    for (i = 1; i <= count; i++) {
        if (out != "" && length(out) + length(words[i]) >= 80) {
            print out
            out = ""
        }
        if (out == "" && words[i] ~ /^[.']/) words[i] = "\\&" words[i]
        out = out (out == "" ? "" : " ") words[i]
    }
    if (out != "") print out
}

# Text as roff takes it. A dash that is not escaped may become a hyphen, which
# a reader cannot search for.
function plain(line) {
    gsub(/\\/, "\\e", line)
    gsub(/-/, "\\-", line)
    if (line ~ /^[.']/) line = "\\&" line
    return line
}

# Text with links, code and emphasis.
function text(line,    parts, count, i, out) {
    line = plain(line)
    while (match(line, /\[[^]]*\]\([^)]*\)/)) {
        out = substr(line, RSTART + 1, RLENGTH - 1)
        sub(/\].*/, "", out)
        line = substr(line, 1, RSTART - 1) out substr(line, RSTART + RLENGTH)
    }
    gsub(/\*\*/, "`", line)
    count = split(line, parts, "`")
    out = parts[1]
    for (i = 2; i <= count; i++) out = out (i % 2 ? "\\fR" : "\\fB") parts[i]
    return out
}
