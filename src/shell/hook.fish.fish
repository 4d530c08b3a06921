
# Says once, before a prompt, that what `awsuse` set comes to its end.
function __awstok_hook --on-event fish_prompt
    if test -z "$__awstok_end"; or test "$AWS_CREDENTIAL_EXPIRATION" != "$__awstok_expiration"
        return
    end
    set -l left (math $__awstok_end - (__awstok_clock))
    if test $left -ge 600
        return
    end
    set -g __awstok_end
    set -g __awstok_said $__awstok_expiration
    set -l name ''
    # what could drive the terminal isn't repeated
    if string match -qr '^[A-Za-z0-9._@+=-]+$' -- "$AWSTOK_PROFILE"
        set name " $AWSTOK_PROFILE"
    end
    if test $left -gt 0
        printf 'awstok: the credentials in this shell expire in %d min; `awsuse%s` renews them\n' (math "ceil($left / 60)") $name >&2
    else
        printf 'awstok: the credentials in this shell have expired; `awsuse%s` renews them\n' $name >&2
    end
end
