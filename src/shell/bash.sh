# awstok in bash: `awsuse PROFILE` puts a profile's credentials into this shell, `awsuse -` goes back.
# In ~/.bashrc: eval "$(awstok init bash)"

\builtin unalias awsuse 2>/dev/null || \builtin true

function awsuse() {
    \builtin local __awstok_before="${AWSTOK_PROFILE-}" __awstok_text
    if [[ "${1-}" == - ]]; then
        \builtin shift
        if [[ -n "${__awstok_previous-}" ]]; then
            \builtin set -- "${__awstok_previous}" "$@"
        else
            \builtin set -- --unset "$@"
        fi
    fi
    __awstok_text="$(\builtin command awstok env --shell bash "$@")" || \builtin return
    if [[ "${__awstok_text}" != 'unset '* ]]; then
        # help, or another format: not for the shell
        \builtin printf '%s\n' "${__awstok_text}"
        \builtin return 0
    fi
    \builtin eval "${__awstok_text}"
    if [[ "${AWSTOK_PROFILE-}" != "${__awstok_before}" ]]; then
        __awstok_previous="${__awstok_before}"
    fi
    __awstok_note
}

# Notes when what was just set comes to its end, in seconds since 1970.
function __awstok_note() {
    \builtin local __awstok_e="${AWS_CREDENTIAL_EXPIRATION-}" __awstok_y __awstok_m __awstok_d __awstok_time
    if [[ "${__awstok_e}" == "${__awstok_said-}" ]]; then
        __awstok_end=''
        \builtin return 0
    fi
    __awstok_expiration="${__awstok_e}" __awstok_end=''
    if [[ "${__awstok_e}" != [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z ]]; then
        \builtin return 0
    fi
    __awstok_y=$((10#${__awstok_e:0:4})) __awstok_m=$((10#${__awstok_e:5:2})) __awstok_d=$((10#${__awstok_e:8:2}))
    # a year that begins in March ends with the odd day
    if ((__awstok_m < 3)); then
        __awstok_y=$((__awstok_y - 1)) __awstok_m=$((__awstok_m + 12))
    fi
    __awstok_d=$((365 * __awstok_y + __awstok_y / 4 - __awstok_y / 100 + __awstok_y / 400 + (153 * (__awstok_m - 3) + 2) / 5 + __awstok_d - 719469))
    __awstok_end=$((86400 * __awstok_d + 3600 * 10#${__awstok_e:11:2} + 60 * 10#${__awstok_e:14:2} + 10#${__awstok_e:17:2}))
    if ! \builtin printf -v __awstok_time '%(%s)T' -1 2>/dev/null; then
        # before 4.2, as on macOS, bash can't tell the time: it is asked for once, and counted on from there
        __awstok_zero="$(\builtin command date +%s)" && __awstok_zero=$((__awstok_zero - SECONDS))
    fi
}

function __awstok_complete() {
    \builtin local __awstok_name __awstok_word
    COMPREPLY=()
    if ((COMP_CWORD != 1)); then
        \builtin return 0
    fi
    while IFS= \builtin read -r __awstok_name; do
        \builtin printf -v __awstok_word '%q' "${__awstok_name}"
        if [[ -n "${__awstok_name}" && "${__awstok_word}" == "${2}"* ]]; then
            COMPREPLY+=("${__awstok_word}")
        fi
    done <<<"$(\builtin command awstok list --names 2>/dev/null)"
}
\builtin complete -F __awstok_complete awsuse
