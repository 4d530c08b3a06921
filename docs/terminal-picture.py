#!/usr/bin/env python3
"""Turns what a terminal shows (text with ANSI colours, on stdin) into an SVG picture (on stdout).

The picture of the README is a real session; this makes it anew:

    tmux new-session -d -s picture -x 104 -y 40 "env PS1='$ ' bash --norc"
    tmux send-keys -t picture "awstok sandbox -- sh -c 'awstok token prod; echo; awstok list; echo; awstok status'" Enter
    # type the code (tmux attach -t picture), wait for the end, then:
    tmux capture-pane -t picture -e -p | python3 docs/terminal-picture.py > docs/token.svg
    tmux kill-session -t picture

`docs/shell.svg` is made so too, with `eval "$(awstok init bash)"` and `PS1='$(awstok prompt)$ '` first, of `awsuse prod`, `aws sts get-caller-identity`,
`awsuse ci`, `awsuse -`, `awstok status` and `awstok log`.
"""

import re
import sys
import unicodedata
from html import escape

WIDTH, HEIGHT, SIZE, MARGIN = 8.4, 19, 14, 18
BACKGROUND, FOREGROUND = "#1c1f26", "#d6dae0"
COLOURS = ["#3b4048", "#f2777a", "#7ec699", "#f0c674", "#6fb3e0", "#c594c5", "#66cccc", "#d6dae0"]
BRIGHT = ["#7f8792", "#ff9a9c", "#a3e0b8", "#ffdd99", "#94ccf2", "#dcb3dc", "#8ce6e6", "#ffffff"]


def style_after(style, codes):
    """Gives the style (colour, bold, dim) after a sequence `ESC [ codes m`."""
    colour, bold, dim = style
    for code in [int(code or 0) for code in codes.split(";")]:
        if code == 0:
            colour, bold, dim = FOREGROUND, False, False
        elif code == 1:
            bold = True
        elif code == 2:
            dim = True
        elif code == 22:
            bold = dim = False
        elif code == 39:
            colour = FOREGROUND
        elif 30 <= code <= 37:
            colour = COLOURS[code - 30]
        elif 90 <= code <= 97:
            colour = BRIGHT[code - 90]
    return colour, bold, dim


def columns(text):
    """Counts the cells that a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c))


def picture(lines):
    """Gives the SVG of some lines."""
    style, rows, widest = (FOREGROUND, False, False), [], 0
    for number, line in enumerate(lines):
        column, spans = 0, []
        for part in re.split(r"(\x1b\[[0-9;]*m)", line):
            if part.startswith("\x1b["):
                style = style_after(style, part[2:-1])
                continue
            text = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|.)", "", part)
            if text.strip():
                colour, bold, dim = style
                more = ' font-weight="bold"' * bold + ' opacity="0.65"' * dim
                x = MARGIN + column * WIDTH
                length = columns(text) * WIDTH
                spans.append(
                    f'<tspan x="{x:.1f}" textLength="{length:.1f}" fill="{colour}"{more}>{escape(text)}</tspan>'
                )
            column += columns(text)
            widest = max(widest, column if text.strip() else 0)
        y = MARGIN + SIZE + number * HEIGHT
        rows.append(f'<text y="{y}" xml:space="preserve">{"".join(spans)}</text>')
    width, height = 2 * MARGIN + widest * WIDTH, 2 * MARGIN + len(lines) * HEIGHT
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" font-size="{SIZE}"'
    fonts = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
    frame = f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>'
    return "\n".join([f'{head} font-family="{fonts}">', frame, *rows, "</svg>", ""])


if __name__ == "__main__":
    shown = sys.stdin.read().rstrip().splitlines()
    # the prompt that waits for the next command is no part of it
    if shown and re.sub(r"\x1b\[[0-9;]*m", "", shown[-1]).strip() in ("$", "#", "%", ">"):
        shown.pop()
    sys.stdout.write(picture(shown))
