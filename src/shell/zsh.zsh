# awstok in zsh: `awsuse PROFILE` puts a profile's credentials into this shell, `awsuse -` goes back.
# In ~/.zshrc, behind compinit: eval "$(awstok init zsh)"

\builtin unalias awsuse 2>/dev/null || \builtin true

function awsuse() {
    \builtin emulate -L zsh
    \builtin local __awstok_before="${AWSTOK_PROFILE-}" __awstok_text
    if [[ "${1-}" == - ]]; then
        \builtin shift
        if [[ -n "${__awstok_previous-}" ]]; then
            \builtin set -- "${__awstok_previous}" "$@"
        else
            \builtin set -- --unset "$@"
        fi
    fi
    __awstok_text="$(\builtin command awstok env --shell zsh "$@")" || \builtin return
    if [[ "${__awstok_text}" != 'unset '* ]]; then
        # help, or another format: not for the shell
        \builtin print -r -- "${__awstok_text}"
        \builtin return 0
    fi
    \builtin eval "${__awstok_text}"
    if [[ "${AWSTOK_PROFILE-}" != "${__awstok_before}" ]]; then
        \builtin typeset -g __awstok_previous="${__awstok_before}"
    fi
    __awstok_note
}

# Notes when what was just set comes to its end, in seconds since 1970.
function __awstok_note() {
    \builtin emulate -L zsh
    \builtin local e="${AWS_CREDENTIAL_EXPIRATION-}"
    \builtin local -i y m d
    if [[ "${e}" == "${__awstok_said-}" ]]; then
        \builtin typeset -g __awstok_end=''
        \builtin return 0
    fi
    \builtin typeset -g __awstok_expiration="${e}" __awstok_end=''
    if [[ "${e}" != [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z ]]; then
        \builtin return 0
    fi
    y=$((10#${e:0:4})) m=$((10#${e:5:2})) d=$((10#${e:8:2}))
    # a year that begins in March ends with the odd day
    if ((m < 3)); then
        y=$((y - 1)) m=$((m + 12))
    fi
    d=$((365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + d - 719469))
    __awstok_end=$((86400 * d + 3600 * 10#${e:11:2} + 60 * 10#${e:14:2} + 10#${e:17:2}))
}

function __awstok_complete() {
    \builtin emulate -L zsh
    \builtin local -a names
    if ((CURRENT != 2)); then
        \builtin return 1
    fi
    names=("${(@f)$(\builtin command awstok list --names 2>/dev/null)}")
    \builtin compadd -a names
}
if (( ${+functions[compdef]} )); then
    compdef __awstok_complete awsuse
fi
