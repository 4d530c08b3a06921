
# Says once, before a prompt, that what `awsuse` set comes to its end. It starts nothing and keeps `$?`.
function __awstok_hook() {
    \builtin local __awstok_status=$?
    if [[ -n "${__awstok_end-}" && "${AWS_CREDENTIAL_EXPIRATION-}" == "${__awstok_expiration-}" ]]; then
        __awstok_say
    fi
    # with `set -e`, a status that isn't 0 would end the shell here
    if [[ -o errexit ]]; then
        \builtin return 0
    fi
    \builtin return "${__awstok_status}"
}

function __awstok_say() {
    \builtin emulate -L zsh
    # the time as a prompt would show it
    \builtin local name='' time='%D{%s}'
    \builtin local -i left=$((__awstok_end - ${(%)time}))
    if ((left >= 600)); then
        \builtin return 0
    fi
    \builtin typeset -g __awstok_end='' __awstok_said="${__awstok_expiration}"
    # what could drive the terminal isn't repeated
    if [[ "${AWSTOK_PROFILE-}" != *[^A-Za-z0-9._@+=-]* ]]; then
        name=" ${AWSTOK_PROFILE-}"
    fi
    if ((left > 0)); then
        \builtin print -ru2 -- "awstok: the credentials in this shell expire in $(((left + 59) / 60)) min; \`awsuse${name}\` renews them"
    else
        \builtin print -ru2 -- "awstok: the credentials in this shell have expired; \`awsuse${name}\` renews them"
    fi
}

\builtin typeset -ga precmd_functions
if [[ " ${precmd_functions[*]-} " != *' __awstok_hook '* ]]; then
    precmd_functions=(__awstok_hook ${precmd_functions[@]})
fi
