
# Says once, before a prompt, that what `awsuse` set comes to its end.
fn hook {
    if (or (eq $end '') (not-eq $E:AWS_CREDENTIAL_EXPIRATION $expiration)) {
        return
    }
    var left = (- $end (clock))
    if (>= $left 600) {
        return
    }
    set end said = '' $expiration
    # what could drive the terminal isn't repeated
    var name = ''
    if (re:match '^[A-Za-z0-9._@+=-]+$' $E:AWSTOK_PROFILE) {
        set name = ' '$E:AWSTOK_PROFILE
    }
    var when = 'have expired'
    if (> $left 0) {
        set when = 'expire in '(to-string (math:ceil (/ $left 60)))' min'
    }
    echo 'awstok: the credentials in this shell '$when'; `awsuse'$name'` renews them' >&2
}

# the variable tells a shell that has the hook from one that was started by such a shell
if (not-eq $E:AWSTOK_HOOK $pid) {
    set E:AWSTOK_HOOK = $pid
    set edit:before-readline = [$hook~ $@edit:before-readline]
}
