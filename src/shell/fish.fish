# awstok in fish: `awsuse PROFILE` puts a profile's credentials into this shell, `awsuse -` goes back.
# In ~/.config/fish/config.fish: awstok init fish | source

function awsuse --description 'Put the credentials of a profile into this shell; - goes back'
    set -l before "$AWSTOK_PROFILE"
    set -l words $argv
    if test "$argv[1]" = -
        set -e words[1]
        if test -n "$__awstok_previous"
            set words $__awstok_previous $words
        else
            set words --unset $words
        end
    end
    set -l text (command awstok env --shell fish $words)
    or return
    if not string match -q 'set *' -- "$text[1]"
        # help, or another format: not for the shell
        printf '%s\n' $text
        return 0
    end
    eval (string join \n -- $text)
    if test "$AWSTOK_PROFILE" != "$before"
        set -g __awstok_previous $before
    end
    __awstok_note
end

# Notes when what was just set comes to its end, in seconds since the machine started.
function __awstok_note
    if test "$AWS_CREDENTIAL_EXPIRATION" = "$__awstok_said"
        set -g __awstok_end
        return 0
    end
    set -g __awstok_expiration $AWS_CREDENTIAL_EXPIRATION
    set -g __awstok_end
    set -l e (string match -r '^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$' -- "$AWS_CREDENTIAL_EXPIRATION")
    or return 0
    set -l y $e[2]
    set -l m $e[3]
    # a year that begins in March ends with the odd day
    if test $m -lt 3
        set y (math $y - 1)
        set m (math $m + 12)
    end
    set -l days (math "365 * $y + floor($y / 4) - floor($y / 100) + floor($y / 400) + floor((153 * ($m - 3) + 2) / 5) + $e[4] - 719469")
    set -l now (command date +%s)
    and set -g __awstok_end (math "86400 * $days + 3600 * $e[5] + 60 * $e[6] + $e[7] - $now + "(__awstok_clock))
    return 0
end

# Gives the seconds since the machine started; where only another program can tell the time, that.
function __awstok_clock
    if test -r /proc/uptime
        read -l up </proc/uptime
        string match -r '^\d+' -- $up
    else
        command date +%s
    end
end

complete -c awsuse -f
complete -c awsuse -n 'test (count (commandline -opc)) -eq 1' -a '(command awstok list --names 2>/dev/null)'
