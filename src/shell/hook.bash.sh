
# Says once, before a prompt, that what `awsuse` set comes to its end. It starts nothing and keeps `$?`.
function __awstok_hook() {
    \builtin local __awstok_status=$? __awstok_time __awstok_name=''
    if [[ -n "${__awstok_end-}" && "${AWS_CREDENTIAL_EXPIRATION-}" == "${__awstok_expiration-}" ]]; then
        if ! \builtin printf -v __awstok_time '%(%s)T' -1 2>/dev/null; then
            __awstok_time=$((${__awstok_zero-0} + SECONDS))
        fi
        __awstok_time=$((__awstok_end - __awstok_time))
        if ((__awstok_time < 600)); then
            __awstok_end='' __awstok_said="${__awstok_expiration}"
            # what could drive the terminal isn't repeated
            if [[ "${AWSTOK_PROFILE-}" != *[!A-Za-z0-9._@+=-]* ]]; then
                __awstok_name=" ${AWSTOK_PROFILE-}"
            fi
            if ((__awstok_time > 0)); then
                \builtin printf 'awstok: the credentials in this shell expire in %d min; `awsuse%s` renews them\n' \
                    "$(((__awstok_time + 59) / 60))" "${__awstok_name}" >&2
            else
                \builtin printf 'awstok: the credentials in this shell have expired; `awsuse%s` renews them\n' \
                    "${__awstok_name}" >&2
            fi
        fi
    fi
    # with `set -e`, a status that isn't 0 would end the shell here
    if [[ $- == *e* ]]; then
        \builtin return 0
    fi
    \builtin return "${__awstok_status}"
}

if [[ "${PROMPT_COMMAND[*]-}" != *__awstok_hook* ]]; then
    if [[ "$(\builtin declare -p PROMPT_COMMAND 2>/dev/null)" == 'declare -a'* ]]; then
        PROMPT_COMMAND=(__awstok_hook "${PROMPT_COMMAND[@]}")
    else
        PROMPT_COMMAND="__awstok_hook${PROMPT_COMMAND:+$'\n'${PROMPT_COMMAND}}"
    fi
fi
